import { createProgram } from './program.ts'

const program = createProgram()
// Someone who types the bare name wants to know what it can do.
if (process.argv.length <= 2) program.outputHelp()
else await program.parseAsync()
