import { useCallback, useState } from 'react'
import { TokenPrompt } from '../access/token-prompt.tsx'
import { AgentsView } from '../agents/agents-view.tsx'
import { EventsView } from '../events/events-view.tsx'
import { FleetView } from '../fleet/fleet-view.tsx'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { CreatedTokenDialog } from '../tokens/created-token.tsx'
import { TokensView } from '../tokens/tokens-view.tsx'
import { WebhooksView } from '../webhooks/webhooks-view.tsx'
import { Banner } from './banner.tsx'
import { HelpDialog } from './help-dialog.tsx'
import { type Location, useLocation } from './location.ts'
import { useShortcuts } from './shortcuts.ts'
import { TopBar } from './top-bar.tsx'

/** The page: one of its views, or the question for a token. */
export function App() {
  const location = useLocation()
  const { session } = useRegistry()
  const access = useValue(session.access)
  const [isHelpOpen, setIsHelpOpen] = useState(false)
  const openHelp = useCallback(() => setIsHelpOpen(true), [])
  useShortcuts(openHelp)
  return (
    <>
      <button type="button" className="button skip-link" onClick={skipToContent}>
        Skip to the content
      </button>
      <TopBar view={location.view} onHelp={openHelp} />
      <Banner />
      {access === 'accepted' ? <CurrentView location={location} /> : <TokenPrompt />}
      <CreatedTokenDialog />
      {isHelpOpen && <HelpDialog onClose={() => setIsHelpOpen(false)} />}
    </>
  )
}

function CurrentView({ location }: { location: Location }) {
  switch (location.view) {
    case 'fleet':
      return <FleetView />
    case 'agents':
      return <AgentsView location={location} />
    case 'events':
      return <EventsView location={location} />
    case 'tokens':
      return <TokensView />
    case 'webhooks':
      return <WebhooksView />
  }
}

/** No link: the fragment of the URL says what is shown. */
function skipToContent(): void {
  const content = document.getElementById('content')
  content?.setAttribute('tabindex', '-1')
  content?.focus()
}
