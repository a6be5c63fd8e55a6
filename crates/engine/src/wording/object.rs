//! The texts of S3's refusals.

use crate::refusal::ObjectRefusal;

pub(super) fn message(refusal: &ObjectRefusal) -> String {
    match refusal {
        ObjectRefusal::BucketName(_) => "The specified bucket is not valid.",
        ObjectRefusal::NoBucket(_) => "The specified bucket does not exist",
        ObjectRefusal::NoKey(_) => "The specified key does not exist.",
        ObjectRefusal::LongKey(_) => "Your key is too long",
        ObjectRefusal::Argument { message, .. } => message,
        ObjectRefusal::Range { .. } => "The requested range is not satisfiable",
        ObjectRefusal::SlowDown => "Please reduce your request rate.",
        ObjectRefusal::Precondition(_) => {
            "At least one of the pre-conditions you specified did not hold"
        }
    }
    .to_owned()
}
