import {
  BaseStyles,
  Button,
  Heading,
  Label,
  RelativeTime,
  Stack,
  Text,
  TextInput,
  FormControl,
  ThemeProvider,
} from "@primer/react";

/** Its packages of custom elements export the files for browsers to every runtime but Node.js. */
export default function Primer({ n }: { n: number }) {
  return (
    <ThemeProvider>
      <BaseStyles>
        <Heading as="h2">{n} releases</Heading>
        <Stack direction="horizontal">
          <Button variant="primary" count={n}>
            Publish
          </Button>
          <Label variant="success">stable</Label>
        </Stack>
        <FormControl>
          <FormControl.Label>Name</FormControl.Label>
          <TextInput placeholder="v1.0.0" />
        </FormControl>
        <Text>
          <RelativeTime
            datetime="2026-01-01T00:00:00Z"
            format="datetime"
            noTitle
          />
        </Text>
      </BaseStyles>
    </ThemeProvider>
  );
}
