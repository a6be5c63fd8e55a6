// Encrypts or decrypts a file with AWS's own SDK for JavaScript:
// node encryption_sdk.cjs encrypt|decrypt KEY SOURCE TARGET
// KEY is the ARN of a KMS key, or `NAMESPACE/NAME=FILE` of a raw AES key of 32 bytes.

const { createReadStream, createWriteStream, readFileSync } = require("fs");
const { pipeline } = require("stream/promises");
const {
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} = require("@aws-crypto/client-node");

function keyring(key) {
  if (key.startsWith("arn:")) {
    return new KmsKeyringNode({ generatorKeyId: key });
  }
  const [names, file] = key.split("=");
  const [keyNamespace, keyName] = names.split("/");
  const bytes = readFileSync(file);
  // The SDK takes keys that lie alone in their memory only.
  const unencryptedMasterKey = new Uint8Array(bytes.length);
  unencryptedMasterKey.set(bytes);
  const wrappingSuite = RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING;
  return new RawAesKeyringNode({ keyName, keyNamespace, unencryptedMasterKey, wrappingSuite });
}

async function main([operation, key, source, target]) {
  const { encryptStream, decryptStream } = buildClient(
    CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
  );
  const through =
    operation === "encrypt"
      ? encryptStream(keyring(key), { encryptionContext: { made: "by node" } })
      : decryptStream(keyring(key));
  await pipeline(createReadStream(source), through, createWriteStream(target));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
