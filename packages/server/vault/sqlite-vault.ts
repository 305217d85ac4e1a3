import {
  type Bytes,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  type Handle,
  type PolicyDocument,
  utf8,
} from "@aceso/core"
import { blindTag } from "./encryption.ts"
import type { Schema } from "./schema.ts"
import { SqliteLookUp } from "./sqlite-look-up.ts"
import type {
  DisclosurePage,
  StoredDisclosure,
  StoredPolicy,
  StoredRequest,
  Vault,
  Waiting,
} from "./vault.ts"

/** The vault in SQLite. */
export class SqliteVault extends SqliteLookUp implements Vault {
  async policy(handle: Handle): Promise<StoredPolicy | undefined> {
    const row = await this.db
      .selectFrom("policies")
      .selectAll()
      .where("handle", "=", handle)
      .executeTakeFirst()
    if (!row) return undefined
    const [salt, documents] = decodeTrusted(
      this.openDocument("policy", handle, row.documents),
    ) as unknown as [Bytes, PolicyDocument[]]
    const pending = row.pending ? (decodeTrusted(row.pending) as Bytes[]) : []
    return { version: row.version, root: row.root, salt, documents, pending }
  }

  setPolicy(handle: Handle, { version, root, salt, documents, pending }: StoredPolicy): Promise<void> {
    return this.atomically(async () => {
      const plain = encodeCbor([salt, documents.map(({ content, salt }) => ({ content, salt })) as Cbor[]])
      const sealed = this.sealDocument("policy", handle, plain)
      const values = {
        version,
        root,
        documents: sealed,
        pending: pending.length > 0 ? encodeCbor([...pending]) : null,
        ...(pending.length === 0 && { due_at: null }),
      }
      await this.db
        .insertInto("policies")
        .values({ handle, ...values })
        .onConflict((conflict) => conflict.column("handle").doUpdateSet(values))
        .execute()
    })
  }

  setPolicyDue(handle: Handle, dueAt: number | null): Promise<void> {
    return this.atomically(async () => {
      this.prepare("UPDATE policies SET due_at = ? WHERE handle = ?").run(dueAt, handle)
    })
  }

  async duePolicies(now: number, limit: number): Promise<readonly Handle[]> {
    const rows = this.prepare(
      "SELECT handle FROM policies WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
    ).all(now, limit)
    return rows.map((row) => row.handle as Handle)
  }

  nextPolicyDue(): number | undefined {
    const row = this.prepare("SELECT min(due_at) AS next FROM policies WHERE due_at IS NOT NULL").get()
    return row?.next === null ? undefined : Number(row?.next)
  }

  wakePolicies(): Promise<void> {
    return this.atomically(async () => {
      this.prepare("UPDATE policies SET due_at = 0 WHERE pending IS NOT NULL AND due_at IS NULL").run()
    })
  }

  async pendingPolicies(after: Handle | undefined, limit: number): Promise<readonly Handle[]> {
    const rows = this.prepare(
      "SELECT handle FROM policies WHERE pending IS NOT NULL AND handle > ? ORDER BY handle LIMIT ?",
    ).all(after ?? new Uint8Array(0), limit)
    return rows.map((row) => row.handle as Handle)
  }

  addRequest(request: StoredRequest): Promise<boolean> {
    return this.atomically(async () => {
      const { id, handle, requester, statement, content, createdAt, expiresAt, state } = request
      const sealed = this.sealDocument("request", id, content)
      const done = this.prepare("INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
        ...[id, handle, requester, statement, sealed, createdAt, expiresAt, state],
      )
      return done.changes > 0
    })
  }

  forgetRequests(handle: Handle, now: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM requests WHERE handle = ? AND expires_at <= ?").run(handle, now)
    })
  }

  async requests(handle: Handle, expiresAfter: number): Promise<readonly StoredRequest[]> {
    const rows = await this.db
      .selectFrom("requests")
      .selectAll()
      .where("handle", "=", handle)
      .where("expires_at", ">", expiresAfter)
      .orderBy("created_at")
      .execute()
    return rows.map((row) => ({
      id: row.id,
      handle: row.handle,
      requester: row.requester,
      statement: row.statement,
      content: this.openDocument("request", row.id, row.content),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      state: row.state,
    }))
  }

  setRequestState(id: Bytes, state: StoredRequest["state"]): Promise<void> {
    return this.atomically(async () => {
      await this.db.updateTable("requests").set({ state }).where("id", "=", id).execute()
    })
  }

  auditKey(handle: Handle): Bytes {
    const tag = blindTag(this.auditRoot, "audit-key", Buffer.from(handle).toString("hex"))
    return Buffer.concat([tag, blindTag(this.auditRoot, "audit-key-2", Buffer.from(handle).toString("hex"))])
  }

  nextDisclosure(handle: Handle): Promise<number> {
    return this.nextNumber("disclosures", handle)
  }

  addDisclosure(disclosure: StoredDisclosure): Promise<void> {
    return this.atomically(async () => {
      const { handle, n, tag, salt, event, includeBy, height } = disclosure
      const auditEvent = this.sealDocument("audit", tag, disclosure.auditEvent)
      const sealedSalt = this.sealDocument("salt", tag, salt)
      const body = disclosure.body && this.sealDocument("body", tag, disclosure.body)
      await this.db
        .insertInto("disclosures")
        .values({
          tag,
          handle,
          n,
          salt: sealedSalt,
          audit_event: auditEvent,
          body,
          event,
          include_by: includeBy,
          height,
        })
        .execute()
    })
  }

  async disclosures(
    handle: Handle,
    { fromN, limit, maxBytes }: DisclosurePage,
  ): Promise<readonly StoredDisclosure[]> {
    const sizes = this.prepare(
      "SELECT n, length(audit_event) + ifnull(length(body), 0) AS bytes FROM disclosures WHERE handle = ? AND n >= ? ORDER BY n LIMIT ?",
    ).all(handle, fromN, limit) as { n: number; bytes: number }[]
    if (sizes.length === 0) return []
    let upTo = sizes[0].n
    let total = sizes[0].bytes
    for (const { n, bytes } of sizes.slice(1)) {
      total += bytes
      if (total > maxBytes) break
      upTo = n
    }
    const rows = await this.db
      .selectFrom("disclosures")
      .selectAll()
      .where("handle", "=", handle)
      .where("n", ">=", fromN)
      .where("n", "<=", upTo)
      .orderBy("n")
      .execute()
    return rows.map((row) => this.disclosureOf(row))
  }

  async disclosure(tag: Bytes): Promise<StoredDisclosure | undefined> {
    const row = this.prepare("SELECT * FROM disclosures WHERE tag = ?").get(tag)
    return row && this.disclosureOf(row as unknown as Schema["disclosures"])
  }

  async releases(handle: Handle, after: number, limit: number): Promise<readonly StoredDisclosure[]> {
    const rows = await this.db
      .selectFrom("disclosures")
      .selectAll()
      .where("handle", "=", handle)
      .where("n", ">", after)
      .where("body", "is not", null)
      .orderBy("n")
      .limit(limit)
      .execute()
    return rows.map((row) => this.disclosureOf(row))
  }

  uncommittedDisclosures(except: readonly Bytes[] = []): Promise<readonly StoredDisclosure[]> {
    return this.atomically(async () => {
      const all = this.db.selectFrom("disclosures").selectAll().where("height", "is", null)
      const chosen = except.length > 0 ? all.where("tag", "not in", except) : all
      const rows = await chosen.orderBy("include_by").limit(2000).execute()
      return rows.map((row) => this.disclosureOf(row))
    })
  }

  async waiting(): Promise<Waiting> {
    const handles = this.prepare("SELECT count(*) AS n FROM unenrolled").get()
    const first = this.prepare("SELECT min(include_by) AS at FROM disclosures WHERE height IS NULL").get()?.at
    return {
      handles: Number(handles?.n),
      records: this.counted("records") - this.counted("committed"),
      disclosures: this.counted("disclosures") - this.counted("disclosed"),
      includeBy: first === null ? undefined : Number(first),
    }
  }

  markDisclosed(tags: readonly Bytes[], height: number): Promise<void> {
    return this.atomically(async () => {
      if (tags.length > 0)
        await this.db.updateTable("disclosures").set({ height }).where("tag", "in", tags).execute()
    })
  }

  async setting(name: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom("settings")
      .select("value")
      .where("name", "=", name)
      .executeTakeFirst()
    return row && Buffer.from(this.openDocument("setting", utf8(name), row.value)).toString()
  }

  setSetting(name: string, text: string): Promise<void> {
    return this.atomically(async () => {
      const value = this.sealDocument("setting", utf8(name), utf8(text))
      await this.db
        .insertInto("settings")
        .values({ name, value })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
        .execute()
    })
  }

  deleteSetting(name: string): Promise<void> {
    return this.atomically(async () => {
      await this.db.deleteFrom("settings").where("name", "=", name).execute()
    })
  }

  private disclosureOf(row: Schema["disclosures"]): StoredDisclosure {
    return {
      handle: row.handle,
      n: row.n,
      tag: row.tag,
      salt: this.openDocument("salt", row.tag, row.salt),
      auditEvent: this.openDocument("audit", row.tag, row.audit_event),
      body: row.body && this.openDocument("body", row.tag, row.body),
      event: row.event,
      includeBy: row.include_by,
      height: row.height,
    }
  }
}
