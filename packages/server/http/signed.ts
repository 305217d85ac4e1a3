import { errorBody } from "@aceso/client"
import {
  type Bytes,
  CBOR_TYPE,
  type Cbor,
  decodeCbor,
  encodeCbor,
  PlatformError,
  type Schema,
  signResponse,
} from "@aceso/core"
import { Denial } from "../exchange/custodian.ts"
import { Refusal } from "../modules/refusal.ts"
import { Rejection } from "../node/ledger-client.ts"

/** Every code that this edge may answer with, and its status; anything else is a fault of ours (500). */
const STATUS: Readonly<Record<string, number>> = {
  bad_input: 400,
  bad_cbor: 400,
  too_deep: 400,
  bad_json: 400,
  malformed: 400,
  wrong_network: 400,
  wrong_recipient: 400,
  bad_card: 400,
  card_expired: 400,
  request_expired: 400,
  signers_not_sorted: 400,
  signature_count: 400,
  bad_key: 400,
  unknown_suite: 400,
  expired: 400,
  expiry_too_far: 400,
  bad_utf8: 400,
  bad_evidence: 400,
  bad_url: 400,
  bad_genesis: 400,
  bad_proof: 400,
  body_cut: 400,
  unknown_table: 400,
  unknown_contract: 400,
  unknown_action: 400,
  bad_signature: 401,
  unknown_key: 401,
  key_not_valid: 401,
  nonce_used: 401,
  not_permitted: 403,
  too_many_signers: 403,
  action_disabled: 403,
  ledger_refuses: 409,
  policy_missing: 403,
  policy_unknown: 403,
  unknown_practitioner: 403,
  not_a_practitioner: 403,
  member_suspended: 403,
  not_one_person: 403,
  patient_has_no_key: 403,
  same_administrator: 403,
  unknown_patient: 404,
  unknown_record: 404,
  unknown_move: 404,
  unknown_transaction: 404,
  unknown_member: 404,
  unknown_person: 404,
  not_found: 404,
  not_here: 404,
  not_sponsored: 403,
  bad_stock: 400,
  bad_endpoint: 400,
  no_notices: 409,
  bad_delegate: 400,
  delegate_needs_end: 400,
  delegate_unknown: 403,
  delegate_ended: 403,
  patient_must_sign: 403,
  too_many_delegates: 409,
  key_exists: 409,
  case_changed_meanwhile: 409,
  unknown_step: 400,
  sponsor_busy: 429,
  mailbox_full: 429,
  no_mailbox: 403,
  too_many_keys: 409,
  unknown_case: 404,
  unknown_document: 404,
  document_not_here: 404,
  document_refused: 400,
  too_many_documents: 409,
  object_missing: 404,
  height_pruned: 404,
  height_unknown: 404,
  too_slow: 408,
  policy_changed_meanwhile: 409,
  policy_pending: 409,
  rekey_pending: 409,
  no_rekey: 409,
  duplicate: 409,
  log_changed_meanwhile: 409,
  not_a_demo: 409,
  nothing_to_tamper: 409,
  last_administrator: 409,
  person_exists: 409,
  person_ended: 409,
  too_many_people: 409,
  bad_setting: 400,
  setting_not_here: 409,
  setting_needs_second: 409,
  only_administrator: 409,
  too_many_changes: 429,
  too_many_looks: 429,
  settings_changed_meanwhile: 409,
  settings_not_written: 503,
  bad_file: 409,
  bad_config: 409,
  store_full: 503,
  person_full: 409,
  unknown_device: 404,
  unknown_waiting: 404,
  too_many_waiting: 429,
  unknown_code: 404,
  code_used: 409,
  bad_pairing: 400,
  no_device_yet: 409,
  digits_differ: 409,
  too_many_pairings: 429,
  bad_enrolment: 400,
  patient_here: 409,
  already_joined: 409,
  not_joined: 409,
  too_many_joined: 409,
  already_misfiled: 409,
  not_movable: 409,
  move_closed: 409,
  record_changed_meanwhile: 409,
  patient_differs: 409,
  not_written_here: 409,
  write_refused: 409,
  too_large: 413,
  too_many_requests: 429,
  too_many_notices: 429,
  quota_exceeded: 429,
  node_unreachable: 502,
  bad_answer: 502,
  object_differs: 502,
  record_damaged: 503,
  busy: 503,
  ledger_stale: 503,
  end_not_kept: 503,
  closed: 503,
  log_write_failed: 503,
  store_failed: 503,
  vault_write_failed: 503,
  not_started: 503,
  in_recovery: 503,
  not_restored: 409,
  keeps_no_records: 409,
  authority_must_permit: 409,
  vault_behind: 503,
  not_attested_yet: 503,
  engine_unreachable: 503,
  engine_stopped: 503,
  clock_behind: 503,
  clock_jumped: 503,
}

export const statusOf = (code: string): number => STATUS[code] ?? 500

/** What an answer's schema has checked. */
export const encoded = (value: unknown) => value as Cbor

export const parseBody = <T>(schema: Schema<T>, body: Bytes): T => schema.parse(decodeCbor(body), "body")

export const cbor = (value: Cbor | Bytes, status = 200): Response =>
  new Response((value instanceof Uint8Array ? value : encodeCbor(value)) as BodyInit, {
    status,
    headers: { "content-type": CBOR_TYPE },
  })

/** An answer that only fits the request it answers. */
export async function signedAnswer(
  seed: Bytes,
  response: Response,
  requestSignature: string,
): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer())
  const headers = signResponse(response.status, body, requestSignature, seed, Date.now())
  return new Response(body as BodyInit, {
    status: response.status,
    headers: { "content-type": CBOR_TYPE, ...headers },
  })
}

export function errorAnswer(error: unknown, onFault: (error: unknown) => void): Response {
  const isKnown = error instanceof PlatformError
  // What a contract or a capability refuses is no fault of this node, whatever its code.
  const isRefused = error instanceof Rejection || error instanceof Refusal
  const status = !isKnown ? 500 : (STATUS[error.code] ?? (isRefused ? 409 : 500))
  if (status === 500 || (isKnown && error.code === "vault_write_failed")) onFault(error)
  const code = isKnown && status !== 500 ? error.code : "internal_fault"
  const message =
    isKnown && status !== 500 ? error.message : "the node has an internal fault; its log says more"
  const more = error instanceof Denial ? encodeCbor(error.disclosed as unknown as Cbor) : undefined
  return cbor(
    errorBody.parse({ code, message: message.slice(0, 2000), ...(more && { more }) }) as Cbor,
    status,
  )
}
