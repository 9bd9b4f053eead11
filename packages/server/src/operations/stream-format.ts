import { integer, text } from '@rollcall/protocol/json-schema'

/** Headers with the position of the history at the time of the response. */
export const POSITION_HEADERS = {
  'X-Registry-Revision': integer({
    minimum: 0,
    description: 'The response reflects everything up to this revision; use it as `since`.',
  }),
  'X-Registry-Epoch': text({
    description:
      'The branch of the history to which the revision belongs. A colon between both gives a position ' +
      'for `since`. Another branch after a restart is normal: positions in the old one remain valid ' +
      'unless the history forked, which the registry reports.',
  }),
} as const

export const NEXT_PAGE = text({
  description: 'The next page, relative to this one: `<?…>; rel="next"`. Absent on the last.',
})

export const PREVIOUS_PAGE = text({
  description: 'The previous page, relative to this one: `<?…>; rel="prev"`. Absent on the first.',
})

export const LAST_EVENT_ID = text({
  description:
    'The `id` of the last received event; the stream resumes after it. Browsers send it ' +
    'automatically. It takes precedence over `since` and `snapshot`.',
  examples: ['kSxYb1Qz:42'],
})

/** Describes the change feed in the documentation. */
export const FEED_DESCRIPTION =
  'Returns registrations, status changes, expiries and all other visible changes in order, each ' +
  'with its reason. Heartbeats are not events. The response is a JSON page, or a live stream ' +
  'for `Accept: text/event-stream` or `snapshot=true`; with ' +
  '`Accept: application/cloudevents-batch+json`, the page is a batch of CloudEvents. With `loads=true` a stream also reports ' +
  'the loads of agents.'

/** Describes the stream of the change feed in the documentation. */
export const FEED_STREAM = `Server-sent events. The \`data\` of each event is one line of JSON, and its \`event\` equals the \`type\` in it:

- \`snapshot\`: an agent that exists when the stream starts (\`SnapshotEvent\`).
- \`synced\`: the stream has caught up; all following events are live (\`StreamEvent\`).
- \`registered\`, \`updated\`, \`replaced\`, \`revived\`, \`expired\`, \`removed\`, \`deregistered\`, \`entered\`, \`left\`: a change (\`AgentEvent\`).
- \`bookmark\`: no matching event has happened up to this revision (\`StreamEvent\`).
- \`reset\`: the stream cannot resume where it ended; discard all agents, a snapshot follows (\`StreamEvent\`).
- \`closing\`: the registry ends the stream for the given reason; reconnect (\`StreamEvent\`).
- \`loads\`: the current loads of some agents, only with \`loads=true\` (\`LoadsEvent\`).

Ignore events of other types: later versions may add some. A \`loads\` event has no \`id\`, so it does not change the position from which to resume; skip agents in it that you do not hold. A resumed stream reports the loads of all its agents once, because the history does not contain them.

The \`id\` is \`BRANCH:REVISION\`. If you keep the agents of events with \`listed: true\` and drop the others, you hold, in that order, exactly what \`GET /agents\` lists with the same filters. The example shows one existing agent and one that registers:

    id: kSxYb1Qz:snapshot
    event: snapshot
    data: {"revision":7,"type":"snapshot","agent_id":"researcher-1","listed":true,"agent":{…}}

    id: kSxYb1Qz:7
    event: synced
    data: {"type":"synced","revision":7,"epoch":"kSxYb1Qz"}

    id: kSxYb1Qz:8
    event: registered
    data: {"revision":8,"type":"registered","agent_id":"researcher-2",…,"listed":true,"agent":{…}}

With \`loads=true\`, some seconds later:

    event: loads
    data: {"type":"loads","loads":[{"agent_id":"researcher-1","load":0.8}]}
`
