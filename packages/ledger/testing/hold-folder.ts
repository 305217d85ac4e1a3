import { FolderLock } from "../folder-lock.ts"

/** Holds a data folder until it is killed. */
const lock = FolderLock.take(process.argv[2])
process.stdout.write("held\n")
// A lock that nothing refers to is let go of with the next garbage collection.
setInterval(() => lock, 1_000)
