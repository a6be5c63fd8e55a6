//! Threads for what takes a core for longer than a request may hold one.

use crate::terminal::Failure;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_engine::ports::{Effort, Workers};
use strongroom_server::hardening;

type Task = Box<dyn FnOnce() + Send>;

/// How much nicer than the threads of requests those of short tasks are, and those of long ones: while
/// all have something to do, they get about half of a core and a third beside one of those.
/// Our choice.
const NICE: [i32; 2] = [3, 5];

/// Threads that take tasks in the order in which they come, apart for short and for long ones. The
/// queues are as long as there are requests waiting, which the server bounds.
pub(crate) struct WorkerThreads {
    short: Sender<Task>,
    long: Sender<Task>,
}

impl WorkerThreads {
    /// Starts the threads, of each kind as many as there are cores; they end when this is dropped.
    ///
    /// # Errors
    /// [`Failure`] when the system gives no thread.
    pub(crate) fn start() -> Result<Self, Failure> {
        let [short, long] = NICE;
        Ok(Self { short: crew("worker", short)?, long: crew("maker", long)? })
    }
}

/// Threads of one kind.
fn crew(name: &str, nice: i32) -> Result<Sender<Task>, Failure> {
    let (sender, tasks) = channel::<Task>();
    let tasks = Arc::new(Mutex::new(tasks));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for number in 0..cores {
        let tasks = Arc::clone(&tasks);
        std::thread::Builder::new()
            .name(format!("{name}-{number}"))
            .spawn(move || {
                hardening::be_nicer(nice);
                work(&tasks);
            })
            .map_err(|why| Failure::of("a thread could not be started", why))?;
    }
    Ok(sender)
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
    fn run(&self, effort: Effort, task: Task) {
        let crew = match effort {
            Effort::Short => &self.short,
            Effort::Long => &self.long,
        };
        // The threads live as long as the sender does.
        let _ = crew.send(task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn tasks_are_done_and_one_that_panics_takes_no_thread_along() {
        let workers = WorkerThreads::start().expect("threads");
        let (done, results) = channel();
        for number in 0..200 {
            let done = done.clone();
            let effort = if number % 2 == 0 { Effort::Short } else { Effort::Long };
            let task = move || {
                assert!(number % 10 != 3, "a task that fails");
                done.send(number).expect("the test waits");
            };
            workers.run(effort, Box::new(task));
        }
        drop(done);
        assert_eq!(results.iter().count(), 180);
    }

    #[test]
    fn no_short_task_waits_behind_long_ones() {
        let workers = WorkerThreads::start().expect("threads");
        let (end, ended) = channel::<()>();
        let ended = Arc::new(Mutex::new(ended));
        for _ in 0..100 {
            let ended = ended.clone();
            let held = move || {
                let _ = ended.lock().expect("nobody fails").recv();
            };
            workers.run(Effort::Long, Box::new(held));
        }
        let (done, result) = channel();
        workers.run(Effort::Short, Box::new(move || done.send(()).expect("the test waits")));
        result.recv_timeout(Duration::from_secs(60)).expect("it has its own threads");
        drop(end);
    }
}
