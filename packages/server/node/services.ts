import { join } from "node:path"
import { type Handle, type Process, type PublicKey, readGenesis, type SignedGenesis } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { WrappedStore, wrappedMigrations } from "../app-store/wrapped-store.ts"
import { Awaited, awaitedMigrations } from "../cases/awaited.ts"
import { Cases } from "../cases/cases.ts"
import { ContentRules } from "../cases/content-rules.ts"
import { Correspondence } from "../cases/correspondence.ts"
import { CaseDocuments, caseMigrations } from "../cases/documents.ts"
import { Sponsor } from "../cases/sponsor.ts"
import { Stocks, stockMigrations } from "../cases/stocks.ts"
import { Delegates } from "../delegates/delegates.ts"
import { delegateMigrations, KeptDelegates } from "../delegates/kept.ts"
import { DeviceBoxes } from "../device-boxes/device-boxes.ts"
import { ConfirmedDevices, enrolmentMigrations } from "../enrolment/confirmed.ts"
import { Enrolments } from "../enrolment/enrolments.ts"
import { Registration } from "../enrolment/registration.ts"
import { Rekeys } from "../enrolment/rekeys.ts"
import { Custodian } from "../exchange/custodian.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import { Promises } from "../exchange/promises.ts"
import { Requester } from "../exchange/requester.ts"
import { Visitors } from "../exchange/visitors.ts"
import { Importer } from "../import/importer.ts"
import { Inbox, inboxMigrations } from "../inbox/inbox.ts"
import type { Clock } from "../joins/clock.ts"
import { DecisionLog } from "../joins/decision-log.ts"
import { Decisions } from "../joins/decisions.ts"
import { JoinedPolicies } from "../joins/joined-policies.ts"
import { Joins } from "../joins/joins.ts"
import { Moves } from "../joins/moves.ts"
import { Moving } from "../joins/moving.ts"
import { Notices } from "../joins/notices.ts"
import { OwnLookUp } from "../joins/own-look-up.ts"
import { OwnView } from "../joins/own-view.ts"
import { Reviews } from "../joins/reviews.ts"
import { Askers } from "../live/askers.ts"
import { LiveHub } from "../live/hub.ts"
import { patientStanding } from "../live/standing.ts"
import { Mailbox, mailboxMigrations } from "../mail/mailbox.ts"
import { Mailer, mailMigrations } from "../mail/mailer.ts"
import { RequestCounts } from "../metrics/requests.ts"
import { Pairings } from "../pairing/pairings.ts"
import { Bell, bellMigrations } from "../push/bell.ts"
import { pushesOf } from "../push/pushes.ts"
import { registerMigrations } from "../push/register.ts"
import { Reactors, reactorMigrations } from "../reactors/reactors.ts"
import { ReadingAudits } from "../readings/reading-audits.ts"
import { Readings, readingMigrations } from "../readings/readings.ts"
import { Committer } from "../records/committer.ts"
import { SettingChanges, settingsMigrations } from "../settings/changes.ts"
import { Settings } from "../settings/settings.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { AppWatch } from "./app-watch.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { NodeConfig, NodeSecrets } from "./config.ts"
import { Directory } from "./directory.ts"
import { configuredMeanings } from "./identifier-config.ts"
import { LedgerClient } from "./ledger-client.ts"
import { Outbound } from "./outbound.ts"
import { Personnel } from "./personnel.ts"
import { Readiness } from "./readiness.ts"
import { Seconds } from "./seconds.ts"
import { Staff } from "./staff.ts"
import { StaffEnds } from "./staff-ends.ts"
import { StaffTable, type StaffTables, staffMigrations } from "./staff-table.ts"

/** What a node is made of, each part made once. */
export interface Services extends Readonly<ReturnType<typeof makeServices>> {}

interface Given {
  /** Processes of capabilities that this release knows. */
  readonly processes?: readonly Process[]
  readonly config: NodeConfig
  readonly secrets: NodeSecrets
  readonly engine: Engine
  readonly genesis: SignedGenesis
  readonly onFault: (error: unknown) => void
  readonly serve: () => Promise<void>
  readonly fromEnvironment: readonly string[]
}

export function makeServices(given: Given) {
  const base = foundation(given)
  const exchange = exchangeOf(base)
  const joins = joinsOf({ ...base, ...exchange })
  const { config, ledger, vault, outbound } = base
  const { folder } = config
  const readiness = new Readiness({ ...{ vault, ledger, folder }, moves: joins.moves, serve: given.serve })
  const personnel = new Personnel(base)
  const inbox = new Inbox(vault.moduleDatabase("inbox", inboxMigrations))
  const documents = new CaseDocuments(vault.moduleDatabase("cases", caseMigrations))
  const contentRules = new ContentRules()
  const cases = new Cases(ledger, documents, contentRules, given.processes ?? [])
  const kept = new KeptDelegates(vault.moduleDatabase("delegates", delegateMigrations))
  const delegates = new Delegates({ ...base, kept, disclosures: exchange.disclosures })
  const stocks = new Stocks(vault.moduleDatabase("stocks", stockMigrations), ledger, vault, kept, delegates)
  const correspondence = new Correspondence({
    ...{ ledger, cases, documents, stocks, outbound },
    ...{ disclosures: exchange.disclosures, promises: exchange.promises },
  })
  const mailbox = new Mailbox(vault.moduleDatabase("mailbox", mailboxMigrations), ledger)
  const mailer = new Mailer({
    ...{ ledger, outbound, cases, correspondence },
    database: vault.moduleDatabase("mail", mailMigrations),
  })
  const awaited = new Awaited({
    ...{ ledger, cases, documents, correspondence, mailer, stocks },
    database: vault.moduleDatabase("awaited", awaitedMigrations),
  })
  const sponsor = new Sponsor(
    ledger,
    given.processes ?? [],
    async (key) => (await stocks.handleOf([key])) !== undefined,
  )
  const enrolmentDatabase = vault.moduleDatabase("enrolments", enrolmentMigrations)
  const confirmed = new ConfirmedDevices(enrolmentDatabase)
  const rekeys = new Rekeys({ ...base, ...exchange, database: enrolmentDatabase })
  const bell = new Bell({
    ...{ ledger, outbound, operator: base.document.app?.operator, delayMs: config.noticeDelayMs },
    database: vault.moduleDatabase("bell", bellMigrations),
    standing: (handle, key) => patientStanding({ ...base, delegates }, handle as Handle, key as PublicKey),
  })
  for (const log of [exchange.disclosures, exchange.readings])
    log.onNoted.push((handle) => bell.ring(handle, "audit"))
  exchange.custodian.onWaiting.push((handle) => bell.ring(handle, "requests"))
  joins.moves.onProposed = (handle) => bell.ring(handle, "requests")
  rekeys.onPending = (handle) => bell.ring(handle, "rekeys")
  const settingChanges = new SettingChanges(vault.moduleDatabase("settings", settingsMigrations))
  const { engine, onFault } = given
  const reactors = new Reactors({
    ...{ engine, onFault },
    database: vault.moduleDatabase("reactors", reactorMigrations),
  })
  return {
    ...base,
    ...exchange,
    ...joins,
    reactors,
    readiness,
    personnel,
    inbox,
    bell,
    awaited,
    caseDocuments: documents,
    mailbox,
    mailer,
    cases,
    contentRules,
    correspondence,
    delegates,
    enrolments: new Enrolments({ ...base, ...exchange, confirmed, rekeys }),
    rekeys,
    registration: new Registration(base),
    settingChanges,
    settings: new Settings(
      config,
      given.fromEnvironment,
      { ...base, ...exchange, ...joins, bell },
      { changes: settingChanges, staff: base.staff },
    ),
    stocks,
    sponsor,
  }
}

function foundation({ config, secrets, engine, genesis, onFault }: Given) {
  const { member, folder, checkpointEveryMs } = config
  const document = readGenesis(genesis)
  const ledger = new LedgerClient(engine, member, secrets.memberSeed)
  const masterKey = secrets.vaultKey
  const vault = new SqliteVault({ folder: join(folder, "vault"), organisation: member, masterKey })
  const outbound = new Outbound(document)
  const staff = new Staff()
  const staffDatabase = vault.moduleDatabase<StaffTables>("staff", staffMigrations)
  const staffTable = new StaffTable(staffDatabase)
  const staffEnds = new StaffEnds(ledger, staff)
  const appOrigin = document.app?.operator === member ? document.app.origins[0] : undefined
  return {
    ...{ config, genesis, document, engine, ledger, vault, outbound, onFault, staff, staffTable, staffEnds },
    seconds: new Seconds(staffDatabase),
    directory: new Directory(ledger, staff, staffEnds, onFault),
    checkpoints: new Checkpoints(ledger, genesis, folder, checkpointEveryMs, outbound, onFault),
    committer: new Committer(vault, ledger, config.dummyPercent / 100),
    importer: new Importer(vault, Date.now, configuredMeanings(config.identifiers)),
    requests: new RequestCounts(),
    wrapped: new WrappedStore(vault.moduleDatabase("wrapped", wrappedMigrations), appOrigin),
    deviceBoxes: new DeviceBoxes(appOrigin),
    appWatch: new AppWatch(document, config, engine, outbound, onFault),
    live: new LiveHub(),
    askers: new Askers(),
    pushes: pushesOf(
      { config, document, secret: secrets.pushKey },
      vault.moduleDatabase("pushes", registerMigrations),
    ),
    pairings: new Pairings({ network: document.network, member }),
    /** Of decisions about mistaken identities; tests set it. */
    clock: { now: () => Date.now() } as Clock,
  }
}

type Foundation = ReturnType<typeof foundation>

function exchangeOf({ config, genesis, ledger, vault, outbound, onFault }: Foundation) {
  const disclosures = new Disclosures(vault, ledger, config.includeWithinMs)
  const policies = new Policies(vault, ledger, disclosures)
  policies.onFault = onFault
  const promises = new Promises(vault, ledger)
  const [database, dayMs] = [vault.moduleDatabase("readings", readingMigrations), config.readingsDayMs]
  const readings = new Readings({ ...{ database, disclosures, dayMs }, member: config.member })
  return {
    ...{ disclosures, policies, promises, readings },
    readingAudits: new ReadingAudits(database, dayMs),
    custodian: new Custodian(vault, ledger, policies, disclosures),
    requester: new Requester(ledger, genesis, promises, vault, outbound),
    visitors: new Visitors(vault, ledger),
  }
}

function joinsOf(services: Foundation & ReturnType<typeof exchangeOf>) {
  const { config, ledger, vault, outbound, clock, staff, policies, onFault } = services
  const { member, commitWindowMs, moveSpreadMs } = config
  const log = new DecisionLog(services.disclosures, member, clock)
  const notices = new Notices(vault, ledger, outbound, clock)
  notices.onFault = onFault
  const joins = new Joins(vault, notices, log, clock)
  const decisions = new Decisions(vault, notices, (key) => staff.byKey(key), moveSpreadMs, clock)
  const moving = new Moving(vault, decisions, commitWindowMs, moveSpreadMs)
  moving.onFault = onFault
  return {
    ...{ notices, joins, moving, decisions },
    reviews: new Reviews(vault, log),
    moves: new Moves(vault, ledger, decisions, log),
    ownView: new OwnView(vault, policies, joins, ledger, services.readings),
    ownLookUp: new OwnLookUp(
      vault,
      joins,
      new JoinedPolicies(vault, policies, ledger),
      ledger,
      services.readings,
    ),
  }
}
