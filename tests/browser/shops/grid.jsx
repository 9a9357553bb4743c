// A page in React of which the server's slots by selectors change what React has rendered: it renders anew.
const Card = ({ sku }) => <p className="card" data-sku={sku}>As in the shop</p>;

export const Grid = () => (
  <main>
    <img className="hero" src="/own.jpg" alt="" />
    <a className="buy guest" href="/buy">Buy</a>
    {['A', 'B', 'C'].map((sku) => <Card key={sku} sku={sku} />)}
  </main>
);
