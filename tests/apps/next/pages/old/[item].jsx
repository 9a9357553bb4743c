import Link from 'next/link';
import { Slot } from '../../app/slot.jsx';
import { Hydrated } from '../../app/hydrated.jsx';

export const getServerSideProps = ({ params }) => ({ props: { item: params.item } });

export default function Page({ item }) {
  return (
    <main>
      <h1>Item {item}</h1>
      <Slot key={item} name="recs" />
      <Link href={`/old/${3 - item}`}>The other</Link>
      <Hydrated />
    </main>
  );
}
