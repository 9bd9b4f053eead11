import { exitOnClosedPipe, outliveStderr } from './output/terminal.ts'
import { endWithNpx } from './process/npx-parent.ts'
import { createProgram, inOrder } from './program.ts'

exitOnClosedPipe()
outliveStderr()
endWithNpx()
const words = inOrder(process.argv.slice(2))
const program = await createProgram(words)
// Someone who types the bare name wants to know what it can do.
if (words.length === 0) program.outputHelp()
else await program.parseAsync(words, { from: 'user' })
