import { Command } from 'commander'

/**
 * `rollcall serve` runs the registry. This part does not load the server, which takes longer than
 * most other commands run; `completeServe` adds the options and the action.
 */
export function serveCommand(): Command {
  return new Command('serve').usage('[options]').description('Run a registry.')
}
