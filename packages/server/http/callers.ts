import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type DelegateAbility,
  equalBytes,
  HANDLE_FIELD,
  type HandlePlace,
  keyAt,
  PlatformError,
  type PublicKey,
  REKEY_MS,
  type RequestHead,
  readHandleField,
  readRequestHead,
  verifyRequestHead,
} from "@aceso/core"
import type { Context } from "hono"
import type { ActingDelegate } from "../delegates/delegates.ts"
import type { PatientRoute } from "../modules/route.ts"
import type { Services } from "../node/services.ts"
import type { StaffMember } from "../node/staff.ts"

/**
 * Who calls is found out in steps, the cheap ones first, and all of them before a byte of the body is read: what
 * the headers claim, whether their key is known, the length, one signature, the nonce. Strangers get to the third.
 */

/** @throws PlatformError `not_started`, `in_recovery`, `bad_signature` */
export function readHead(
  { readiness }: Pick<Services, "readiness">,
  context: Context,
  tag: string,
  alsoRecovering = false,
): RequestHead {
  if (!alsoRecovering) readiness.mustServe()
  if (!readiness.isStarted && !readiness.recovery)
    throw new PlatformError(
      "not_started",
      "this node serves as soon as it follows the ledger and its organisation is admitted",
    )
  return readRequestHead((name) => context.req.header(name), tag, Date.now())
}

/** @throws PlatformError `not_permitted` */
export function staffOf({ staff }: Pick<Services, "staff">, { key }: RequestHead): StaffMember {
  const who = staff.byKey(key)
  if (!who)
    throw new PlatformError("not_permitted", "this key belongs to nobody who works with this node now")
  return who
}

/**
 * Of which handle a key is said to be.
 * @param isOwn the handle must be at this node's own organisation
 * @throws PlatformError `unknown_key`, `wrong_recipient`
 */
export function placeNamed(
  { config: { member } }: Pick<Services, "config">,
  context: Context,
  isOwn: boolean,
): HandlePlace {
  const place = readHandleField(context.req.header(HANDLE_FIELD) ?? "")
  if (!place)
    throw new PlatformError(
      "unknown_key",
      `the field ${HANDLE_FIELD} must name custodian and handle of the key that signs, as <custodian>/<hexadecimal>`,
    )
  if (isOwn && place.custodian !== member)
    throw new PlatformError(
      "wrong_recipient",
      `this is the node of ${member}; a patient of ${place.custodian} asks that one's`,
    )
  return place
}

/**
 * @param isOwn as in `placeNamed`
 * @returns where the key that signs is a patient's, or a delegate's
 * @throws PlatformError those of `placeNamed` and of `mustBeHandleKey`
 */
export async function mustBePatient(
  services: Pick<Services, "config" | "delegates" | "engine">,
  context: Context,
  { key }: RequestHead,
  isOwn: boolean,
): Promise<HandlePlace & { readonly who: "person" | "delegate" }> {
  const place = placeNamed(services, context, isOwn)
  return { ...place, who: await mustBeHandleKey(services, place, key) }
}

/**
 * Whose key it is on the ledger: the handle's own, or one by which a delegate acts for it.
 * @throws PlatformError `unknown_patient`, `patient_has_no_key`, `delegate_ended`, `not_permitted`: neither
 */
async function mustBeHandleKey(
  { delegates, engine }: Pick<Services, "delegates" | "engine">,
  { custodian, handle }: HandlePlace,
  key: Bytes,
): Promise<"person" | "delegate"> {
  const row = await engine.read(handles, [custodian, handle])
  if (!row) throw new PlatformError("unknown_patient", `no patient has this handle at ${custodian}`)
  const standing = keyAt(row, Date.now())
  if (standing.key && equalBytes(standing.key, key)) return "person"
  if (await delegates.isActive(custodian, handle, key as PublicKey)) return "delegate"
  if (!standing.key)
    throw new PlatformError("patient_has_no_key", "this patient has no key yet; enrol one at the desk")
  if (row.next && equalBytes(row.next.key, key))
    throw new PlatformError(
      "rekey_pending",
      `this key counts from ${new Date(row.next.since + REKEY_MS).toISOString().slice(0, 16)} UTC on, unless the one before it objects; the desk put it there in its place`,
    )
  if (row.next && row.key && equalBytes(row.key, key))
    throw new PlatformError(
      "not_permitted",
      "this is not the key of the handle any more: at the desk another one was put in its place",
    )
  throw new PlatformError("not_permitted", "this is not the key of the handle")
}

/**
 * Before a body is read: a delegate may do this at all.
 * @throws PlatformError those of Delegates.mustAct
 */
export async function mustBeAllowed(
  { delegates }: Pick<Services, "delegates">,
  { handle }: HandlePlace,
  key: Bytes,
  abilities: readonly DelegateAbility[] | "any",
): Promise<void> {
  await delegates.mustAct(handle, key as PublicKey, abilities)
}

/**
 * Whoever acts for a handle of this organisation; undefined: the person.
 * @throws PlatformError those of mustBeHandleKey and of Delegates.acting
 */
export async function callerFor(
  services: Pick<Services, "config" | "delegates" | "engine">,
  handle: Bytes,
  key: Bytes,
  { delegates: abilities, isNoted }: Pick<PatientRoute, "delegates" | "isNoted">,
): Promise<ActingDelegate | undefined> {
  const { config, delegates } = services
  const who = await mustBeHandleKey(services, { custodian: config.member, handle }, key)
  if (who === "person") return undefined
  const found = delegates[isNoted ? "acting" : "mustAct"](handle, key as PublicKey, abilities)
  return found.then(({ key, scope }) => ({ key, scope }))
}

/** @throws PlatformError `bad_signature` */
export function verifyHead({ config }: Pick<Services, "config">, context: Context, head: RequestHead): void {
  const { pathname, search } = new URL(context.req.url)
  verifyRequestHead(head, {
    method: context.req.method,
    url: `${config.url}${pathname}${search}`,
    contentType: context.req.header("content-type") ?? "",
  })
}

/** Uses up the nonce of a known key. @throws PlatformError `nonce_used`, `too_many_requests` */
export async function useNonce(
  { vault }: Pick<Services, "vault">,
  { key, nonce, expires }: RequestHead,
): Promise<void> {
  const use = await vault.useNonce(key, nonce, expires, Date.now())
  if (use === "used")
    throw new PlatformError("nonce_used", "this very request was sent before; sign a new one")
  if (use === "too_many")
    throw new PlatformError(
      "too_many_requests",
      "this key sent too many requests within a minute; send fewer",
    )
}
