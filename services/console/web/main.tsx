import { effect } from '@preact/signals'
import { render } from 'preact'
import { startLive, stopLive } from './live/live.ts'
import { startClock } from './live/now.ts'
import { startOwners } from './live/owners.ts'
import { startTrends } from './live/trend.ts'
import { startRouter } from './router/router.ts'
import { resumeSession, session } from './session.ts'
import { App } from './shell/app.tsx'
import { startBadges } from './shell/badges.ts'
import { startKeys } from './shell/keys.ts'
import { startPreferences } from './shell/preferences.ts'
import 'uplot/dist/uPlot.min.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/charts.css'
import './styles/overview.css'
import './styles/journey.css'
import './styles/subscription.css'
import './styles/first-run.css'
import './styles/narrower.css'
import './styles/additions.css'

startPreferences()
startRouter()
startKeys()
startClock()
startTrends()
startOwners()
await resumeSession()
effect(() => {
  if (session.value === null) return
  startLive()
  startBadges()
  return stopLive
})
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
