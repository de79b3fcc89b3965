import htmx from 'htmx.org';

import './base.css';

// The content security policy allows neither eval nor the style element that htmx would add.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
