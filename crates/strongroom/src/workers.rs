//! Threads for what takes a core for longer than a request may hold one.

use crate::terminal::Failure;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_engine::ports::Workers;

type Task = Box<dyn FnOnce() + Send>;

/// As many threads as there are cores, which take tasks in the order in which they come. The queue
/// is as long as there are requests waiting, which the server bounds.
pub(crate) struct WorkerThreads(Sender<Task>);

impl WorkerThreads {
    /// Starts the threads; they end when this is dropped.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no thread.
    pub(crate) fn start() -> Result<Self, Failure> {
        let (sender, tasks) = channel::<Task>();
        let tasks = Arc::new(Mutex::new(tasks));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for number in 0..cores {
            let tasks = Arc::clone(&tasks);
            std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || work(&tasks))
                .map_err(|why| Failure::of("a thread could not be started", why))?;
        }
        Ok(Self(sender))
    }
}

fn work(tasks: &Mutex<Receiver<Task>>) {
    loop {
        // The lock is held while waiting: one thread waits for the task, the others for the lock.
        let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        // A task that panics fails its own request; the thread goes on.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(task));
    }
}

impl Workers for WorkerThreads {
    fn run(&self, task: Task) {
        // The threads live as long as the sender does.
        let _ = self.0.send(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_done_and_one_that_panics_takes_no_thread_along() {
        let workers = WorkerThreads::start().expect("threads");
        let (done, results) = channel();
        for number in 0..200 {
            let done = done.clone();
            workers.run(Box::new(move || {
                assert!(number % 10 != 3, "a task that fails");
                done.send(number).expect("the test waits");
            }));
        }
        drop(done);
        assert_eq!(results.iter().count(), 180);
    }
}
