export function Slot({ name }) {
  return <div data-pz-slot={name} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: '' }} />;
}
