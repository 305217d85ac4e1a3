/**
 * Whose a system's numbers are. `unique`: one person's, trusted to tell who it is. `shared`: several people's, or
 * given again. `unknown`: nobody said. Only `unique` ones match.
 */
export type Meaning = "unique" | "shared" | "unknown"
