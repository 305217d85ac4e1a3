import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { execute } from "@aceso/cli/run.ts"
import { StaffClient } from "@aceso/client"
import { entrust } from "@aceso/consortium/entrusted.ts"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { sharing } from "@aceso/consortium/guide/sharing.ts"
import { visa } from "@aceso/consortium/guide/visa.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { fromHex } from "@aceso/core"
import { builtPages } from "../../build.ts"

/** What pictures are taken of, in the order in which it comes about. */
export const MOMENTS = ["morning", "day", "lie"] as const
export type Moment = (typeof MOMENTS)[number]

const PATIENT = ["--as", "patient-1"]
const TABLE =
  '<div xmlns="http://www.w3.org/1999/xhtml"><p>Open <b>every day</b>.</p><table><tr><td>Monday</td><td>8 to 18</td></tr><tr><td>Sunday</td><td>9 to 12</td></tr></table></div>'

/** A demo of its own, and what has happened in it. */
export class Scene {
  readonly network: DemoNetwork
  /** A question that was answered. */
  question = ""
  /** One that waits for the hospital. */
  waiting = ""
  /** Somebody at the desk who has no device yet. */
  newcomer = ""
  private readonly scratch = mkdtempSync(join(tmpdir(), "aceso-shots-"))

  private constructor(network: DemoNetwork) {
    this.network = network
  }

  static async open(): Promise<Scene> {
    const network = await DemoNetwork.open({
      folder: mkdtempSync(join(tmpdir(), "aceso-shots-")),
      port: 0,
      pages: await builtPages(console.log),
      onFault: (member, error) => console.log(member, error),
    })
    await populate(network)
    await entrust(network)
    return new Scene(network)
  }

  get start(): string {
    return this.network.start ?? ""
  }
  get app(): string {
    return this.start.replace(/demo\/$/, "")
  }
  portal(member: string): string {
    return `${this.network.node(member).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
  }

  async become(moment: Moment): Promise<void> {
    if (moment === "day") await this.day()
    if (moment === "lie") await this.line("demo", "tamper", "--as", "city-admin")
  }

  /** As somebody at the command line; that it is refused is a part of some stories. */
  private async line(...words: string[]): Promise<Record<string, unknown>> {
    const { result } = await execute([...words, "--folder", this.network.folder])
    return (result ?? {}) as Record<string, unknown>
  }
  private client(member: string, name: string): StaffClient {
    const { seed } = readJson(layout(this.network.folder).person(name)) as { seed: string }
    return new StaffClient(this.network.node(member).services.config.url, fromHex(seed))
  }
  private file(name: string, text: string): string {
    const path = join(this.scratch, name)
    writeFileSync(path, text)
    return path
  }

  private async day(): Promise<void> {
    const opened = await fetch(`${this.start}guide/open?tour=sharing`, { method: "POST" })
    if (!opened.ok) throw new Error(await opened.text())
    await this.told(sharing.steps, ["import", "request", "approve", "read", "insurer", "insurer-reads"])
    await this.told(visa.steps, ["grant", "read", "more"])
    await this.line("history", "patient-1", "--as", "city-doctor")
    await this.asksAgain()
    await this.questions()
    await this.library()
    await this.desk()
    await this.staff()
    await this.line("propose", "suspend", "visa-office", "--as", "county-admin")
  }
  private async told(steps: typeof sharing.steps, ids: readonly string[]): Promise<void> {
    for (const id of ids)
      for (const words of steps
        .find((one) => one.id === id)
        ?.lines?.({ folder: this.network.folder, scratch: this.scratch }) ?? [])
        await this.line(...words)
  }

  /** A request that waits for the patient. */
  private async asksAgain(): Promise<void> {
    const card = join(this.scratch, "again.json")
    await this.line("card", "--for", "community-clinic", "--out", card, ...PATIENT)
    await this.line(
      ...["request", "--card", card, "--purpose", "TREAT"],
      ...["--reason", "Check-up after the emergency department", "--as", "clinic-doctor"],
    )
  }
  private async questions(): Promise<void> {
    const write = (text: string) =>
      this.line("messages", "write", "--to", "city-hospital", "--text", text, ...PATIENT)
    const { id } = await write(
      "Which of my medicines may I take before the blood test on Monday?\n\nI take warfarin in the evening.",
    )
    this.question = String(id)
    const answer = "All of them. Drink water, eat nothing after 22:00."
    await this.line("messages", "answer", this.question, "--text", answer, "--as", "city-registrar")
    this.waiting = String((await write("May I have a copy of my discharge letter?")).id)
  }
  private async library(): Promise<void> {
    const text = "Warfarin keeps your blood from clotting too easily.\n\nChecks: a blood test, the INR.\n"
    const service = {
      ...{ resourceType: "HealthcareService", active: true, name: "INR clinic", comment: "Free of charge" },
      text: { status: "generated", div: TABLE },
    }
    const publish = (slug: string, kind: string, title: string, file: string) =>
      this.line(
        ...["library", "publish", slug, "--kind", kind, "--title", title, "--language", "en"],
        ...["--file", file, "--as", "city-admin"],
      )
    await publish("warfarin", "medicine", "Warfarin", this.file("warfarin.txt", text))
    await publish("inr-clinic", "plan", "The INR clinic", this.file("clinic.json", JSON.stringify(service)))
  }
  private async desk(): Promise<void> {
    const { registered } = await this.client("city-hospital", "city-registrar").desk.register({
      name: { family: "Zhao", given: ["Yu", "Min"] },
      birthDate: "1988-02-03",
      sex: "female",
      identifiers: [],
    })
    this.newcomer = registered?.alias ?? ""
  }
  /** Who would become an administrator waits for a second one. */
  private async staff(): Promise<void> {
    Object.assign(this.network.node("city-hospital").services.config, { twoAdministrators: true })
    await this.client("city-hospital", "city-admin").people.change("city-doctor", null, true)
  }
}
