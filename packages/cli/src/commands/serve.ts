import { Command } from 'commander'

/**
 * `rollcall serve`, as far as it can be told without loading the server: that takes longer than
 * most other commands take to their end. `completeServe` of `serve.ts` adds the rest.
 */
export function serveCommand(): Command {
  return new Command('serve').usage('[options]').description('Run the registry.')
}
