#!/usr/bin/env node
// npm links this file before the build exists, so it only points at it.
import '../dist/main.js'
