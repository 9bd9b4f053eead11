import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { setTheme, theme } from './app/theme.ts'
import { FleetPulse } from './registry/fleet-pulse.ts'
import { RegistryProvider } from './registry/registry-context.tsx'
import { RegistrySession } from './registry/registry-session.ts'
import './styles/colours.css'
import './styles/page.css'
import './styles/frame.css'
import './styles/sections.css'
import './styles/buttons.css'
import './styles/forms.css'
import './styles/marks.css'
import './styles/dialogs.css'
import './styles/data-table.css'
import './styles/agents.css'
import './styles/agent-rows.css'
import './styles/agent.css'
import './styles/fleet.css'
import './styles/events.css'
import './styles/operators.css'

/** The page is at the root of the registry, whatever the prefix of a proxy is. */
const session = new RegistrySession(new URL('.', document.baseURI).href)
const pulse = new FleetPulse(session.client.api)
pulse.start(new AbortController().signal)
setTheme(theme.get())

const queries = new QueryClient({
  // What fails is asked again soon anyway; the session notices whether the registry is there.
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: true, networkMode: 'always' } },
})
const root = document.getElementById('root')
if (root === null) throw new Error('the page has no root')
createRoot(root).render(
  <QueryClientProvider client={queries}>
    <RegistryProvider value={{ session, pulse }}>
      <App />
    </RegistryProvider>
  </QueryClientProvider>,
)
