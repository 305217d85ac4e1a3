import { FolderLock } from "../folder-lock.ts"

/** Holds a data folder until it is killed. */
FolderLock.take(process.argv[2])
process.stdout.write("held\n")
setInterval(() => {}, 1_000)
