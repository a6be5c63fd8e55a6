//! Trails as answers show them.

use super::selectors;
use strongroom_engine::reply::Reply;
use strongroom_keys::TrailRecord;
use strongroom_types::TrailArn;

/// What DescribeTrails and GetTrail tell of a trail.
///
/// Source: AWS CloudTrail API Reference, Trail.
pub(super) fn trail(trail: &TrailRecord) -> Reply {
    settings(trail)
        .with("HomeRegion", trail.region.to_string())
        .with("HasCustomEventSelectors", selectors::are_custom(&trail.selectors))
        .with("HasInsightSelectors", false)
}

/// What CreateTrail and UpdateTrail tell of it.
pub(super) fn settings(trail: &TrailRecord) -> Reply {
    Reply::empty()
        .with("Name", trail.name.clone())
        .with("S3BucketName", trail.bucket.clone())
        .with_some("S3KeyPrefix", trail.prefix.clone())
        .with("IncludeGlobalServiceEvents", trail.includes_global_events)
        .with("IsMultiRegionTrail", trail.is_multi_region)
        .with("TrailARN", arn(trail))
        .with("LogFileValidationEnabled", trail.validates)
        .with("IsOrganizationTrail", false)
}

/// What ListTrails tells of it.
pub(super) fn summary(trail: &TrailRecord) -> Reply {
    Reply::empty()
        .with("TrailARN", arn(trail))
        .with("Name", trail.name.clone())
        .with("HomeRegion", trail.region.to_string())
}

fn arn(trail: &TrailRecord) -> String {
    let TrailRecord { region, account, name, .. } = trail;
    format!("arn:{}:cloudtrail:{region}:{account}:trail/{name}", region.partition())
}

/// Whether the trail is the one that the ARN names.
pub(super) fn is(trail: &TrailRecord, arn: &TrailArn) -> bool {
    (trail.account, trail.region, trail.name.as_str())
        == (arn.account, arn.region, arn.name.as_str())
}
