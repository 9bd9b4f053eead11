import { integer, text } from '@rollcall/protocol/json-schema'

/** Where the registry stood when it answered: headers of everything that can be followed. */
export const POSITION = {
  'X-Registry-Revision': integer({
    minimum: 0,
    description: 'Everything up to this revision is in the answer; `since` goes on from here.',
  }),
  'X-Registry-Epoch': text({
    description: 'Names the history that the revision counts; another one means: begin anew.',
  }),
} as const

export const NEXT_PAGE = text({
  description: 'The next page, relative to this one: `<?…>; rel="next"`. Absent on the last.',
})

export const PREVIOUS_PAGE = text({
  description: 'The page with what was before: `<?…>; rel="prev"`. Absent on the first.',
})

export const LAST_EVENT_ID = text({
  description:
    'The `id` of the last event that arrived; a stream goes on behind it. Browsers send it by ' +
    'themselves. It counts before `since` and `snapshot`.',
  examples: ['kSxYb1Qz:42'],
})

/** The stream of the change feed, as the documentation describes it. */
export const FEED_STREAM = `Server-sent events. The \`data\` of each is one line of JSON, its \`event\` the \`type\` in there:

- \`snapshot\`: an agent that is there when the stream begins (\`SnapshotEvent\`).
- \`synced\`: from here on everything is live (\`StreamEvent\`).
- \`registered\`, \`updated\`, \`revived\`, \`expired\`, \`removed\`, \`deregistered\`, \`entered\`, \`left\`: a change (\`AgentEvent\`).
- \`bookmark\`: nothing that matches has happened up to this revision (\`StreamEvent\`).
- \`reset\`: the stream cannot go on where it was left; forget all agents, a snapshot follows (\`StreamEvent\`).
- \`closing\`: the registry ends the stream, and why: connect again (\`StreamEvent\`).
- \`loads\`: how busy some agents are now, only with \`loads=true\` (\`LoadsEvent\`).

Ignore events of other types: later versions may add some. A \`loads\` event has no \`id\`, so it does not move the place to come back to; skip agents in it that you do not hold. A stream that resumes reports the loads of all its agents once, because the history does not contain them.

The \`id\` is \`EPOCH:REVISION\`. Whoever keeps the agents of events with \`listed: true\` and drops the others holds, in that order, just what \`GET /agents\` lists with the same filters. The example shows one agent that is there and one that joins:

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
