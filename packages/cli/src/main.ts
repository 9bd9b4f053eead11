import { exitOnClosedPipe, ignoreStderrErrors } from './output/terminal.ts'
import { exitWithNpx } from './process/npx-parent.ts'
import { createProgram, normalizeArguments } from './program.ts'

exitOnClosedPipe()
ignoreStderrErrors()
exitWithNpx()
const args = normalizeArguments(process.argv.slice(2))
const program = await createProgram(args)
// Without arguments, print the help.
if (args.length === 0) program.outputHelp()
else await program.parseAsync(args, { from: 'user' })
