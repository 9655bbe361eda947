import { app } from '../../tsup.base'

export default app
