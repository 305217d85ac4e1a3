import {
  type GenesisDocument,
  type PublicKey,
  put,
  type StateReader,
  validatorAddress,
  type Write,
} from "@aceso/core"
import { signerOf } from "./members.ts"
import {
  electorate,
  finished,
  networkFacts,
  nextValidators,
  validatorAddresses,
  validatorSet,
  validators,
} from "./tables.ts"
import { VALIDATOR_POWER } from "./validators.ts"

/** What a genesis says of the whole network, as its row has it. */
export const factsOf = ({ isLoopback = false, isDemo = false }: GenesisDocument) => ({ isLoopback, isDemo })

/**
 * Whether a genesis may go on from this state: its founder is an authority here, and either a ballot finished this
 * network or more than half of its voters signed the genesis.
 * @returns why not; undefined: it may
 */
export function refusalOfSuccessor(
  state: StateReader,
  genesis: GenesisDocument,
  cosigners: readonly PublicKey[],
): string | undefined {
  const founder = signerOf(state, genesis.founder.key, genesis.time).member
  if (founder?.kind !== "authority" || founder.member !== genesis.founder.member)
    return "its founder is no authority of the network that it goes on from"
  // A demo's tampered values never become a real network's, nor the other way round.
  const before = state.get(networkFacts, [])
  const after = factsOf(genesis)
  if (before && (before.isDemo !== after.isDemo || before.isLoopback !== after.isLoopback))
    return "it changes isDemo or isLoopback, which stay what they were"
  if (state.get(finished, [])) return undefined
  const { voters } = state.get(electorate, []) ?? { voters: [] }
  const yes = new Set<string>([founder.member])
  for (const key of cosigners) {
    const { member } = signerOf(state, key, genesis.time)
    if (member) yes.add(member.member)
  }
  const count = voters.filter((voter) => yes.has(voter)).length
  return 2 * count > voters.length
    ? undefined
    : `${count} of ${voters.length} voters signed it; more than half have to (aceso network cosign)`
}

/** What the new network writes over the old one's state: its own validators, and that it is not finished. */
export function successorRows(state: StateReader, genesis: GenesisDocument): readonly Write[] {
  const before = state.get(validatorSet, [])
  const gone = [...(before?.validators.map(({ member }) => member) ?? []), ...(before?.waiting ?? [])]
  const set = genesis.validators.map(({ member, key }) => ({ member, key, power: VALIDATOR_POWER }))
  return [
    put(finished, [], undefined),
    ...gone.flatMap((member) => {
      const row = state.get(validators, [member])
      const removed = row ? [put(validators, [member], { ...row, status: "removed" as const })] : []
      return [...removed, put(nextValidators, [member], undefined)]
    }),
    put(validatorSet, [], set.length > 0 ? { validators: set, waiting: [] } : undefined),
    ...set.flatMap(({ member, key }) => [
      put(validators, [member], { key, status: "active" as const }),
      put(validatorAddresses, [validatorAddress(key)], { member, key }),
    ]),
  ]
}
