import { Argument, type Command } from 'commander'
import { addFilterOptions, type FilterOptions } from '../options/filter-options.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { toWebhookFilter } from '../options/webhook-filter.ts'
import { CommandFailure } from '../output/failure.ts'
import { print, printHint } from '../output/terminal.ts'
import { webhookDetails, webhookLines } from '../output/webhook-table.ts'
import { WebhookCalls } from '../registry/webhook-calls.ts'
import { withRegistry } from '../registry/with-registry.ts'

const ACTIONS = ['create', 'list', 'show', 'test', 'enable', 'disable', 'delete'] as const
type Action = (typeof ACTIONS)[number]

interface WebhookOptions extends RegistryOptions, FilterOptions {
  readonly secret?: string
}

/** `rollcall webhook` decides where changes are sent. */
export function webhookCommand(): Command {
  const command = registryCommand('webhook', [
    'rollcall webhook create https://hooks.example/rollcall',
    "rollcall webhook create https://hooks.example/a --id 'team-a:*' --capability search",
    'rollcall webhook list',
    'rollcall webhook show 8d20b45e91f3',
    'rollcall webhook test 8d20b45e91f3',
    'rollcall webhook enable 8d20b45e91f3',
    'rollcall webhook delete 8d20b45e91f3',
  ])
    .description('Send changes of agents to other services; see docs/guides/webhooks.md.')
    .usage('create|list|show|test|enable|disable|delete [url or id] [options]')
    .addArgument(new Argument('<action>', 'What to do').choices(ACTIONS))
    .argument('[target]', 'The URL of the new webhook, or the id of one')
    .option('--secret <secret>', 'Key of the signatures: whsec_… (default: a new one)')
  return addFilterOptions(command)
    .addHelpText(
      'after',
      `
create prints the secret on stdout, once. Receivers verify with it that an event
is from the registry. The options that filter select agents, as in list.`,
    )
    .action((action: Action, target: string | undefined, options: WebhookOptions) =>
      withRegistry(options, () => perform(action, target, options)),
    )
}

async function perform(
  action: Action,
  target: string | undefined,
  options: WebhookOptions,
): Promise<void> {
  const webhooks = new WebhookCalls(options)
  if (action === 'list') return list(webhooks, options)
  if (target === undefined) {
    const what = action === 'create' ? 'URL of the receiver' : 'id of a webhook'
    throw new CommandFailure('USAGE', `webhook ${action} needs the ${what}`)
  }
  if (action === 'create') return create(webhooks, target, options)
  if (!/^[0-9a-f]{12}$/.test(target)) {
    throw new CommandFailure('USAGE', 'the id of a webhook has 12 hexadecimal digits')
  }
  return performOn(webhooks, { action, id: target, options })
}

async function create(webhooks: WebhookCalls, url: string, options: WebhookOptions): Promise<void> {
  const { secret } = options
  const filter = toWebhookFilter(options)
  const created = await webhooks.create({ url, filter, ...(secret !== undefined && { secret }) })
  if (options.json) return await print(`${JSON.stringify(created)}\n`)
  await print(`${created.secret}\n`)
  printHint(`Keep it: it is not shown again. The id of the webhook is ${created.id}.`)
}

async function list(webhooks: WebhookCalls, { json }: WebhookOptions): Promise<void> {
  const found = await webhooks.list()
  if (json) await print(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) printHint('There are no webhooks.')
  else await print(webhookLines(found).join(''))
}

async function performOn(
  webhooks: WebhookCalls,
  { action, id, options }: { action: Action; id: string; options: WebhookOptions },
): Promise<void> {
  const show = (value: object, text: string) =>
    print(options.json ? `${JSON.stringify(value)}\n` : text)
  switch (action) {
    case 'show': {
      const found = await webhooks.get(id)
      return await show(found, webhookDetails(found))
    }
    case 'enable':
    case 'disable': {
      const changed = await webhooks.change(id, { enabled: action === 'enable' })
      return await show(changed, `${action}d ${id}\n`)
    }
    case 'test':
      return await test(webhooks, id, show)
    default: {
      const result = await webhooks.delete(id)
      if (!result.deleted)
        throw new CommandFailure('WEBHOOK_NOT_FOUND', `there is no webhook ${id}`)
      return await show(result, `deleted ${id}\n`)
    }
  }
}

async function test(
  webhooks: WebhookCalls,
  id: string,
  show: (value: object, text: string) => Promise<void>,
): Promise<void> {
  const result = await webhooks.test(id)
  if (result.accepted) return await show(result, `accepted with status ${result.status}\n`)
  throw new CommandFailure('NOT_ACCEPTED', `the event was not accepted: ${result.error}`)
}
