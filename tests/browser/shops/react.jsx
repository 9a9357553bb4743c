// A small shop in React: pages /SHOP/1 and /SHOP/2, rendered by a server, hydrated in the browser, and
// from then on changed there. RENDERS says what is hydrated: the `document`, or a `root` in it.
import { useEffect, useState } from 'react';

/* global RENDERS, SHOP */
// What stands in the slot is the server's, whatever React would have put there.
const Slot = ({ name }) => <div data-pz-slot={name} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: '' }} />;

const Page = ({ item, go }) => (
  <main>
    <h1>Item {item}</h1>
    <Slot key={item} name="recs" />
    <a href={`/${SHOP}/${3 - item}`} onClick={(event) => { event.preventDefault(); go(3 - item); }}>The other</a>
  </main>
);

export const App = ({ item }) => {
  const [shown, show] = useState(item);
  useEffect(() => {
    addEventListener('popstate', () => show(Number(location.pathname.split('/')[2])));
    document.documentElement.dataset.hydrated = '';
  }, []);
  const go = (to) => {
    history.pushState(null, '', `/${SHOP}/${to}`);
    show(to);
  };
  return <Page item={shown} go={go} />;
};

export const Shell = ({ item }) => (
  <html lang="en">
    <head>
      <title>Shop</title>
      <script src={`/${SHOP}.js`} defer />
    </head>
    <body>{RENDERS === 'document' ? <App item={item} /> : <div id="root"><App item={item} /></div>}</body>
  </html>
);
