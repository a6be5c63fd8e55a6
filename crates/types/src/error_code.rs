//! The error codes that clients see.

use crate::names::named;

named! {
    /// An error code of the KMS or STS API, or of AWS in general. The name is that of the JSON
    /// protocol; the Query protocol has its own for the general ones.
    ErrorCode {
        AccessDenied = "AccessDeniedException",
        AlreadyExists = "AlreadyExistsException",
        DependencyTimeout = "DependencyTimeoutException",
        Disabled = "DisabledException",
        DryRunOperation = "DryRunOperationException",
        IncorrectKey = "IncorrectKeyException",
        InvalidAliasName = "InvalidAliasNameException",
        InvalidArn = "InvalidArnException",
        InvalidCiphertext = "InvalidCiphertextException",
        InvalidGrantToken = "InvalidGrantTokenException",
        InvalidKeyUsage = "InvalidKeyUsageException",
        InvalidMarker = "InvalidMarkerException",
        KeyUnavailable = "KeyUnavailableException",
        KmsInternal = "KMSInternalException",
        KmsInvalidState = "KMSInvalidStateException",
        LimitExceeded = "LimitExceededException",
        MalformedPolicyDocument = "MalformedPolicyDocumentException",
        NotFound = "NotFoundException",
        Serialization = "SerializationException",
        Tag = "TagException",
        UnknownOperation = "UnknownOperationException",
        UnsupportedOperation = "UnsupportedOperationException",
        Validation = "ValidationException",
    }
}
