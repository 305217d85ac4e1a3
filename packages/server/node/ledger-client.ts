import { memberKeys, members } from "@aceso/contracts"
import {
  assert,
  type Bytes,
  type Cbor,
  type Infer,
  isKeyValidAt,
  makeEnvelope,
  PlatformError,
  publicKey,
} from "@aceso/core"
import type { Engine, Submitted } from "@aceso/ledger"
import { isInTransaction } from "../vault/sqlite-base.ts"

/** A member's rows: at a node's engine, or in a state that was executed again. */
export interface LedgerOfMember {
  readonly engine: Pick<Engine, "read" | "scan">
  readonly member: string
}

/** The ledger as one organisation uses it: signs with the member's key. */
export class LedgerClient {
  readonly engine: Engine
  readonly member: string
  readonly seed: Bytes

  constructor(engine: Engine, member: string, seed: Bytes) {
    this.engine = engine
    this.member = member
    this.seed = seed
  }

  get key(): Bytes {
    return publicKey(this.seed)
  }

  /** This organisation's row; undefined: it is not admitted yet. */
  ownMember(): Promise<Readonly<Infer<typeof members.row>> | undefined> {
    return this.engine.read(members, [this.member])
  }

  /** Whether the ledger accepts what this key signs now. */
  async isKeyValid(): Promise<boolean> {
    const row = await this.engine.read(memberKeys, [this.key])
    return row !== undefined && isKeyValidAt(row, Date.now())
  }

  /** @throws Rejection; PlatformError as the engine's submit */
  async call(
    contract: string,
    action: string,
    input: Cbor,
    alsoSigns: readonly Bytes[] = [],
  ): Promise<Submitted> {
    const { checkpoint } = await this.engine.status()
    const expiry = Math.max(Date.now(), checkpoint.time) + 120_000
    const { bytes } = makeEnvelope({ network: this.engine.network, contract, action, input, expiry }, [
      this.seed,
      ...alsoSigns,
    ])
    return this.submit(bytes)
  }

  /** Never inside of a vault's transaction: a ledger that stands still would stop everybody who needs the vault. */
  async submit(envelope: Bytes): Promise<Submitted> {
    assert(!isInTransaction(), "a vault's transaction waits for the ledger")
    const submitted = await this.engine.submit(envelope)
    if (!submitted.result.ok) throw new Rejection(submitted.result.rejection)
    return submitted
  }
}

/** A contract refused a transaction; the code is its rejection. */
export class Rejection extends PlatformError {
  constructor(rejection: string) {
    super(rejection, `the ledger refused the transaction: ${WORDS[rejection] ?? rejection}`)
  }
}

const WORDS: Readonly<Record<string, string>> = {
  already_proposed: "the same was proposed in this very block; see aceso proposals",
  too_many_open:
    "16 proposals of this organisation wait for votes already; wait until some are decided or lapse",
  named_twice: "one person is named twice",
  unknown_proposal: "there is no such proposal; see aceso proposals",
  proposal_closed: "the proposal is decided already",
  proposal_lapsed: "the proposal is older than 14 days; propose it anew",
  not_a_voter: "only those who were voters when the proposal was opened may vote on it",
  already_voted: "this organisation has voted on it",
  member_incomplete: "an organisation to admit needs name, kind, url and key",
  member_exists: "an organisation of this name is a member, or was one",
  bad_url:
    "a node's URL is https, a host and perhaps a port, in small letters, with nothing behind it; loopback only where the network was founded on it",
  too_many_keys: "8 keys of this organisation are valid already; retire one that is not used",
  too_many_registrations: "this organisation registered 32 keys within 30 days; wait",
  directory_changed_meanwhile: "another process with this organisation's key published a directory just now",
  key_exists: "this key is registered already",
  already_retired: "this key is retired already",
  bad_time:
    "that time cannot be: a licence ends later than now, and no key was in others' hands before it was registered, nor will be",
  bad_abilities:
    "each ability once; authorities and custodians vote and validate, no others, and an authority keeps no records",
  still_validates: "its validator is there still: propose remove-validator first",
  licence_exists: "it has this licence",
  unknown_licence: "it has no such licence now",
  too_many_licences: "a member has 64 licences at most, those that ended included",
  changed_twice: "one proposal changes an organisation or key once",
  authority_must_permit:
    "this organisation recovered within a year before: the authority has to permit another one (aceso recover-vault --permit, there)",
  height_not_passed: "nothing was committed after that block yet",
  too_many_recoveries: "this organisation recovered as often as one may",
  nothing_to_permit: "this organisation never recovered",
  no_voter_left: "nobody would be left to vote",
  already_reported: "this was reported before",
  quota_exceeded: "this organisation used its share of this window; try again in a few seconds",
  unknown_member: "there is no such member",
  member_suspended: "this organisation is suspended",
  not_permitted: "this is not for an organisation of this kind, or with these abilities and licences",
  no_validators_here: "this network has no validators: it runs on the engine embedded",
  may_not_validate: "only members with the ability to validate do",
  validator_exists: "this organisation has a validator, or its key was one's before",
  unknown_validator: "this organisation has no validator that could be removed",
  too_many_validators: "a network has 100 validators at most",
  no_validator_left: "no validator would be left",
  bad_proof: "the validator's key did not sign for this organisation; ask for its application.json anew",
  unknown_case: "there is no open case of this id",
  unknown_contract: "there is no such contract",
  version_not_newer: "this version, or a newer one, is decided already",
  height_passed: "that height has passed; name one ahead",
  not_disableable: "this action cannot be switched off",
  publication_changed_meanwhile:
    "a newer version was published, or it was withdrawn, since you looked; see aceso library, and publish anew",
  kind_differs: "it was published as another kind, which stays; take another name for it",
  too_many_publications: "this organisation has published under 1,000 names, and may under no more",
  unknown_publication: "this organisation has published nothing under that name; see aceso library",
  already_withdrawn: "it is withdrawn already",
  unknown_step: "this process has no such step",
  not_in_this_state: "the case is not in a state for that now: look at it again",
  not_your_step: "that step is another party's",
  not_a_party: "this organisation takes no part in the case",
  case_ended: "the case is over",
  case_changed_meanwhile: "somebody did a step meanwhile: look at it again",
  member_does_not_fit:
    "a member of that kind does not take that part; aceso help of the command says who does",
  unknown_document: "that step has no such document",
  own_document: "that is this organisation's own document",
  already_demanded: "it is demanded already",
  not_demanded: "it was not demanded",
  too_many_demands: "a party demands 16 documents of a case at most at once",
  purse_empty: "this case has used up the steps that were paid for",
  key_used: "this key opened a case already: try again",
  handle_not_enrolled: "no patient has this handle there",
  unknown_delegate: "there is no such delegate; see aceso delegates",
  already_ended: "it has ended already",
  too_many_delegates: "16 act for this person already: end one first",
  delegate_must_sign: "the delegate's key did not sign that; invite anew",
  patient_must_sign: "that the person does by their own key",
  rekey_pending:
    "another key waits to take the place of this patient's; for 72 hours nothing but revocations passes (aceso rekey cancel)",
  no_rekey: "no other key waits to take the place of this patient's",
  patient_has_no_key: "this patient has no key yet",
  policy_changed_meanwhile: "the policy was changed meanwhile: read it again",
  already_disabled: "this action is switched off already",
  not_disabled: "this action is not switched off",
  app_exists: "this build of the pages is released already",
  unknown_app: "this build of the pages is not released, or was withdrawn",
}
