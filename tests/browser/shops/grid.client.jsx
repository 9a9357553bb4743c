import { hydrateRoot } from 'react-dom/client';
import { Grid } from './grid.jsx';

window.mismatches = [];
hydrateRoot(document.getElementById('root'), <Grid />, { onRecoverableError: (error) => window.mismatches.push(String(error)) });
