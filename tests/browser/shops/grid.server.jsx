import { renderToString } from 'react-dom/server';
import { Grid } from './grid.jsx';

export const render = (name) => `<!doctype html><html><head><title>Grid</title><script src="/${name}.js" defer></script></head><body><div id="root">${renderToString(<Grid />)}</div></body></html>`;
