//! What buckets answer.

use super::wire;

/// A listing, an error and a date; keys of objects come back as they were encoded.
pub fn bucket_answer(body: &[u8]) {
    if let Some(listed) = wire::listed(body) {
        assert!(listed.objects.len() <= body.len());
        for object in listed.objects {
            let encoded = wire::encoded(&object.key);
            let content = format!(
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{encoded}</Key>\
                 <Size>{}</Size><LastModified>2026-11-22T06:37:05Z</LastModified></Contents>",
                object.size
            );
            let again = wire::listed(content.as_bytes()).expect("a listing");
            assert_eq!(again.objects.first().map(|again| &again.key), Some(&object.key));
        }
    }
    let code = wire::error_code(body);
    assert!(code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if let Ok(text) = std::str::from_utf8(body) {
        let _ = wire::http_date(text);
    }
}
