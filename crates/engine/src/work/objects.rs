//! What is in the buckets of the audit trail.

use super::Work;
use crate::ports::archive::ObjectSummary;
use crate::refusal::Refusal;
use crate::target::AdmittedBucket;

impl Work<'_> {
    /// At most `limit` of a bucket's objects that begin with the prefix that was admitted and come
    /// after the key `after`, by key.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the medium fails, or the bucket was not admitted to be listed.
    pub async fn objects(
        &self,
        bucket: &AdmittedBucket,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ObjectSummary>, Refusal> {
        if !bucket.is_to_be_listed() {
            return Err(Refusal::Internal);
        }
        let listed = self.desk.objects.list(bucket.name(), bucket.prefix(), after, limit).await;
        listed.map_err(|why| self.failed(&why))
    }
}
