//! Work that takes a core for longer than a request may hold one.

use super::Work;
use crate::ports::Effort;
use crate::refusal::Refusal;
use strongroom_types::KeySpec;
use tokio::sync::oneshot;

impl Work<'_> {
    /// What `task` returns, made on a thread that serves no requests.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the thread fails.
    pub(super) async fn offload<T: Send + 'static>(
        &self,
        effort: Effort,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (done, result) = oneshot::channel();
        let run = move || {
            // Whoever asked may be gone by now.
            let _ = done.send(task());
        };
        self.desk.workers.run(effort, Box::new(run));
        result.await.map_err(|_| self.failed(&"a worker thread failed"))
    }
}

/// How long making a private key of this spec takes.
pub(super) const fn making(spec: KeySpec) -> Effort {
    match spec {
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => Effort::Long,
        _ => Effort::Short,
    }
}

/// Whether making or using a private key of this spec takes longer than handing it to another
/// thread does, many times over.
pub(super) const fn is_slow(spec: KeySpec) -> bool {
    matches!(
        spec,
        KeySpec::Rsa2048
            | KeySpec::Rsa3072
            | KeySpec::Rsa4096
            | KeySpec::MlDsa44
            | KeySpec::MlDsa65
            | KeySpec::MlDsa87
            | KeySpec::Sm2
    )
}
