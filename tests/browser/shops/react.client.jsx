import { hydrateRoot } from 'react-dom/client';
import { App, Shell } from './react.jsx';

/* global RENDERS */
window.mismatches = [];
const item = Number(location.pathname.split('/')[2]);
const onRecoverableError = (error) => window.mismatches.push(String(error));
if (RENDERS === 'document') {
  hydrateRoot(document, <Shell item={item} />, { onRecoverableError });
} else {
  hydrateRoot(document.getElementById('root'), <App item={item} />, { onRecoverableError });
}
