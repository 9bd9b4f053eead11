import { ConfirmAction } from '../components/confirm-action.tsx'
import { useRegistry } from '../registry/registry-context.tsx'
import type { Webhook } from '../registry/webhook-calls.ts'

/** What an operator wants to do to a webhook. */
export interface Change {
  readonly action: 'enable' | 'disable' | 'delete'
  readonly webhook: Webhook
}

const WORDS = {
  enable: {
    confirm: 'Enable',
    consequence:
      'It goes on where it was. If the history no longer has what follows, the receiver gets a reset event.',
  },
  disable: {
    confirm: 'Disable',
    consequence: 'Nothing is sent until it is enabled again. Its position is kept.',
  },
  delete: {
    confirm: 'Delete',
    consequence: 'Nothing is sent any more. Its position and its secret cannot be brought back.',
  },
} as const

/** Asks before a webhook is changed. */
export function WebhookChange({ change, onClose }: { change: Change; onClose: () => void }) {
  const { webhooks, registryUrl } = useRegistry().session
  const { action, webhook } = change
  const { id, url } = webhook
  const { confirm, consequence } = WORDS[action]
  return (
    <ConfirmAction
      title={`${confirm} the webhook to ${url}?`}
      consequence={consequence}
      confirm={confirm}
      isDangerous={action === 'delete'}
      commandFor={() => `rollcall webhook ${action} ${id} --registry ${registryUrl}`}
      perform={async () => {
        if (action === 'delete') await webhooks.delete(id)
        else await webhooks.setEnabled(id, action === 'enable')
      }}
      onClose={onClose}
    />
  )
}
