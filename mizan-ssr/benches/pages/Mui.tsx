import {
  AppBar, Box, Button, Card, CardActions, CardContent, Chip, Container, CssBaseline, Grid, Stack, TextField, Toolbar, Typography,
} from "@mui/material";

export default function Mui({ cards }: { cards: number }) {
  return (
    <>
      <CssBaseline />
      <AppBar position="static">
        <Toolbar>
          <Typography variant="h6" sx={{ flexGrow: 1 }}>Products</Typography>
          <Button color="inherit">Sign in</Button>
        </Toolbar>
      </AppBar>
      <Container maxWidth="md">
        <Box sx={{ my: 2 }}><TextField label="Search" fullWidth /></Box>
        <Grid container spacing={2}>
          {Array.from({ length: cards }, (_, k) => (
            <Grid key={k} size={{ xs: 12, sm: 6 }}>
              <Card>
                <CardContent>
                  <Typography variant="h5">Product {k}</Typography>
                  <Typography color="text.secondary">Some words on what it is.</Typography>
                  <Stack direction="row" spacing={1}><Chip label="new" /><Chip label={`${k} left`} color="primary" /></Stack>
                </CardContent>
                <CardActions><Button size="small">Buy</Button></CardActions>
              </Card>
            </Grid>
          ))}
        </Grid>
      </Container>
    </>
  );
}
