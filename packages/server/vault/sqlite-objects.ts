import {
  assert,
  type Bytes,
  chunkHashes,
  chunksOf,
  decodeCbor,
  encodeCbor,
  type LargeObject,
  OBJECT_EXTENSION,
  objectsIn,
  PlatformError,
  parseJson,
  randomBytes,
  sha256,
  toHex,
} from "@aceso/core"
import { decrypt, encrypt } from "./encryption.ts"
import { SqliteBase } from "./sqlite-base.ts"
import type { NewRecord, StoredObject, StoredRecord } from "./vault.ts"

const MARK = Buffer.from(OBJECT_EXTENSION)

/**
 * Large objects, each once however many record versions refer to it, chunk by chunk under a key of its own. A record
 * version opens those alone to which it refers.
 */
export abstract class SqliteObjects extends SqliteBase {
  async objectOf({ log, index }: StoredRecord, root: Bytes): Promise<StoredObject | undefined> {
    const found = this.prepare(
      "SELECT o.id, o.key_id, o.hashes FROM objects o JOIN object_uses u ON u.object = o.id WHERE o.tag = ? AND u.log = ? AND u.idx = ?",
    ).get(this.objectTag(root), log, index)
    if (!found) return undefined
    const keyId = found.key_id as Bytes
    const { key } = this.keyring.get(keyId, 0)
    const hashes = chunkHashes.parse(
      decodeCbor(decrypt(key, [this.organisation, keyId, "hashes"], found.hashes as Bytes)),
      "hashes",
    )
    const rows = this.prepare("SELECT ciphertext FROM object_chunks WHERE object = ? ORDER BY n").all(
      found.id as number,
    )
    const chunks = rows.map(({ ciphertext }, n) =>
      decrypt(key, [this.organisation, keyId, n], ciphertext as Bytes),
    )
    if (chunks.length !== hashes.length)
      throw new PlatformError("record_damaged", "chunks of an attachment are not in the vault")
    return { hashes, chunks }
  }

  /** Keeps what the content refers to. Within the transaction that appends the record. */
  protected keepObjects({ log, index, content, objects }: NewRecord): void {
    if (!objects?.length && Buffer.from(content.buffer, content.byteOffset, content.length).indexOf(MARK) < 0)
      return
    const brought = objects && new Map(objects.map((one) => [toHex(one.root), one]))
    const use = this.prepare("INSERT OR IGNORE INTO object_uses VALUES (?, ?, ?)")
    for (const { root } of objectsIn(parseJson(content))) {
      const own = brought?.get(toHex(root))
      // What comes in may mean nothing that it does not bring, whoever else has it.
      assert(
        brought === undefined || own !== undefined,
        "a record refers to a large object that it does not bring",
      )
      const id = this.objectId(root) ?? this.addObject(own)
      use.run(log, index, id)
    }
  }

  private objectId(root: Bytes): number | undefined {
    return this.prepare("SELECT id FROM objects WHERE tag = ?").get(this.objectTag(root))?.id as
      | number
      | undefined
  }

  private addObject(one: LargeObject | undefined): number {
    assert(one !== undefined, "a record refers to a large object that is not there")
    const keyId = randomBytes(32)
    const [{ key }] = this.keyring.make([{ record: keyId, version: 0 }])
    const chunks = chunksOf(one.content)
    const hashes = encrypt(key, [this.organisation, keyId, "hashes"], encodeCbor(chunks.map(sha256)))
    const id = Number(
      this.prepare("INSERT INTO objects (tag, key_id, hashes) VALUES (?, ?, ?)").run(
        this.objectTag(one.root),
        keyId,
        hashes,
      ).lastInsertRowid,
    )
    const insert = this.prepare("INSERT INTO object_chunks VALUES (?, ?, ?)")
    chunks.forEach((chunk, n) => {
      insert.run(id, n, encrypt(key, [this.organisation, keyId, n], chunk))
    })
    return id
  }

  private objectTag(root: Bytes): Bytes {
    return this.tag("object", toHex(root))
  }
}
