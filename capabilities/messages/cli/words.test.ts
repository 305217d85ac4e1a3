import { wordsTable } from "@aceso/cli/testing/words-table.ts"
import { messagesWords } from "./words.ts"

wordsTable(messagesWords)
