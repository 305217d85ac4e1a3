import { handles } from "@aceso/contracts"
import {
  type Bytes,
  equalBytes,
  HANDLE_FIELD,
  type HandlePlace,
  PlatformError,
  type RequestHead,
  readHandleField,
  readRequestHead,
  verifyRequestHead,
} from "@aceso/core"
import type { Context } from "hono"
import type { StaffMember } from "../node/config.ts"
import type { AcesoNode } from "../node/node.ts"

/**
 * Who calls is found out in steps, the cheap ones first, and all of them before a byte of the body is read: what
 * the headers claim, whether their key is known, the length, one signature, the nonce. Strangers get to the third.
 */

/** @throws PlatformError `in_recovery` */
export function mustServe(node: AcesoNode): void {
  if (node.services.readiness.recovery)
    throw new PlatformError(
      "in_recovery",
      "this organisation's vault is being recovered; it answers again when that is done",
    )
}

/** @throws PlatformError `not_started`, `in_recovery`, `bad_signature` */
export function readHead(
  node: AcesoNode,
  context: Context,
  tag: string,
  alsoRecovering = false,
): RequestHead {
  if (!alsoRecovering) mustServe(node)
  if (!node.services.readiness.isStarted && !node.services.readiness.recovery)
    throw new PlatformError(
      "not_started",
      "this node serves as soon as it follows the ledger and its organisation is admitted",
    )
  return readRequestHead((name) => context.req.header(name), tag, Date.now())
}

/** @throws PlatformError `not_permitted` */
export function staffOf(node: AcesoNode, { key }: RequestHead): StaffMember {
  const who = node.services.staff.byKey(key)
  if (!who)
    throw new PlatformError("not_permitted", "this key belongs to nobody who works with this node now")
  return who
}

/**
 * @param isOwn the handle must be at this node's own organisation
 * @returns where the key that signs is a patient's
 * @throws PlatformError `unknown_key`, `wrong_recipient`, and those of `mustBeHandleKey`
 */
export async function mustBePatient(
  node: AcesoNode,
  context: Context,
  { key }: RequestHead,
  isOwn: boolean,
): Promise<HandlePlace> {
  const place = readHandleField(context.req.header(HANDLE_FIELD) ?? "")
  if (!place)
    throw new PlatformError(
      "unknown_key",
      `the field ${HANDLE_FIELD} must name custodian and handle of the key that signs, as <custodian>/<hexadecimal>`,
    )
  if (isOwn && place.custodian !== node.services.config.member)
    throw new PlatformError(
      "wrong_recipient",
      `this is the node of ${node.services.config.member}; a patient of ${place.custodian} asks that one's`,
    )
  await mustBeHandleKey(node, place.handle, key, place.custodian)
  return place
}

/** @throws PlatformError `unknown_patient`, `patient_has_no_key`, `not_permitted` unless the ledger has this key for the handle */
export async function mustBeHandleKey(
  node: AcesoNode,
  handle: Bytes,
  key: Bytes,
  custodian = node.services.config.member,
): Promise<void> {
  const row = await node.services.engine.read(handles, [custodian, handle])
  if (!row) throw new PlatformError("unknown_patient", `no patient has this handle at ${custodian}`)
  if (!row.key)
    throw new PlatformError("patient_has_no_key", "this patient has no key yet; enrol one at the desk")
  if (!equalBytes(row.key, key)) throw new PlatformError("not_permitted", "this is not the key of the handle")
}

/** @throws PlatformError `bad_signature` */
export function verifyHead(node: AcesoNode, context: Context, head: RequestHead): void {
  const { pathname, search } = new URL(context.req.url)
  verifyRequestHead(head, {
    method: context.req.method,
    url: `${node.services.config.url}${pathname}${search}`,
    contentType: context.req.header("content-type") ?? "",
  })
}

/** Uses up the nonce of a known key. @throws PlatformError `nonce_used`, `too_many_requests` */
export async function useNonce(node: AcesoNode, { key, nonce, expires }: RequestHead): Promise<void> {
  const use = await node.services.vault.useNonce(key, nonce, expires, Date.now())
  if (use === "used")
    throw new PlatformError("nonce_used", "this very request was sent before; sign a new one")
  if (use === "too_many")
    throw new PlatformError(
      "too_many_requests",
      "this key sent too many requests within a minute; send fewer",
    )
}
