import { Shares } from "../http/shares.ts"

/** Whole attachments in memory at one time, in this process: of all callers, and of each. */
const shares = new Shares(4, 2)

/** Whatever holds an attachment does so in here, at whichever door. @throws PlatformError `busy` */
export const withAttachment = <T>(caller: string, work: () => Promise<T>): Promise<T> =>
  shares.call(caller, "this node holds as many attachments as it may", work)
