import { endWithNpx } from './npx-parent.ts'
import { endWhenNobodyReads, outliveStderr } from './output/terminal.ts'
import { createProgram, inOrder } from './program.ts'

endWhenNobodyReads()
outliveStderr()
endWithNpx()
const words = inOrder(process.argv.slice(2))
const program = await createProgram(words)
// Someone who types the bare name wants to know what it can do.
if (words.length === 0) program.outputHelp()
else await program.parseAsync(words, { from: 'user' })
