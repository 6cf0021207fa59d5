import {
  Accordion, AccordionDetails, AccordionSummary, Alert, AppBar, Autocomplete, Avatar, Box, Breadcrumbs, Button, Card, CardActions, CardContent,
  Checkbox, Chip, Container, CssBaseline, FormControlLabel, LinearProgress, Link, List, ListItem, ListItemText, MenuItem, Pagination, Paper,
  Rating, Slider, Stack, Switch, Tab, Table, TableBody, TableCell, TableContainer, TableHead, TableRow, Tabs, TextField, ThemeProvider,
  Toolbar, Tooltip, Typography, createTheme, styled, useMediaQuery, useTheme,
} from "@mui/material";

const theme = createTheme({
  palette: { mode: "dark", primary: { main: "#90caf9" }, secondary: { main: "#f48fb1" } },
  shape: { borderRadius: 10 },
  components: {
    MuiButton: { styleOverrides: { root: { textTransform: "none" } }, defaultProps: { disableElevation: true } },
    MuiUseMediaQuery: { defaultProps: { ssrMatchMedia: (query: string) => ({ matches: query.includes("600px") }) } },
  },
});

const Figure = styled("span", { shouldForwardProp: (name) => name !== "large" })<{ large?: boolean }>(({ theme, large }) => ({
  color: theme.palette.secondary.main,
  fontSize: large ? 32 : 16,
  [theme.breakpoints.up("sm")]: { padding: theme.spacing(1, 2) },
  "&:hover": { textDecoration: "underline" },
}));

const orders = Array.from({ length: 12 }, (_, at) => ({ id: at + 1, name: `Order <${at}>`, total: at * 19.5 }));

function Width() {
  const theme = useTheme();
  const wide = useMediaQuery(theme.breakpoints.up("sm"));
  const huge = useMediaQuery(theme.breakpoints.up("xl"));
  return <Typography variant="caption">{wide ? "wide" : "narrow"} {huge ? "huge" : "not huge"}</Typography>;
}

export default function Mui() {
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline />
      <AppBar position="static">
        <Toolbar variant="dense">
          <Typography variant="h6" component="h1" sx={{ flexGrow: 1 }}>Orders</Typography>
          <Button color="inherit" href="/sign-in">Sign in</Button>
        </Toolbar>
      </AppBar>
      <Container maxWidth="md" sx={{ py: { xs: 1, md: 4 } }}>
        <Breadcrumbs aria-label="where"><Link href="/" underline="hover">Home</Link><Typography>Orders</Typography></Breadcrumbs>
        <Width />
        <Stack direction="row" spacing={2} useFlexGap>
          <Button variant="contained">Save</Button>
          <Button variant="outlined" color="secondary" size="small" disabled>Delete</Button>
          <Button loading variant="text">Wait</Button>
          <Chip label="new" color="success" onDelete={() => {}} />
          <Tooltip title="More &amp; more"><span><Avatar>A</Avatar></span></Tooltip>
        </Stack>
        <Box component="form" noValidate autoComplete="off" sx={{ "& .MuiTextField-root": { m: 1, width: "25ch" } }}>
          <TextField label="Name" required defaultValue="Ada" helperText="as on the card" />
          <TextField label="Notes" multiline rows={3} variant="filled" error />
          <TextField label="Country" select defaultValue="nl" variant="standard">
            <MenuItem value="nl">Netherlands</MenuItem>
            <MenuItem value="pt">Portugal</MenuItem>
          </TextField>
          <FormControlLabel control={<Checkbox defaultChecked />} label="Express" />
          <FormControlLabel control={<Switch />} label="Gift" />
          <Slider defaultValue={30} marks min={0} max={100} step={10} aria-label="weight" />
          <Rating name="stars" defaultValue={2.5} precision={0.5} />
          <Autocomplete options={["a", "b"]} renderInput={(params) => <TextField {...params} label="Letter" />} />
        </Box>
        <TableContainer component={Paper}>
          <Table size="small" aria-label="orders">
            <TableHead><TableRow><TableCell>Id</TableCell><TableCell align="right">Total</TableCell></TableRow></TableHead>
            <TableBody>
              {orders.map((order) => (
                <TableRow key={order.id} hover selected={order.id === 3}>
                  <TableCell component="th" scope="row">{order.name}</TableCell>
                  <TableCell align="right"><Figure large={order.id % 5 === 0}>{order.total.toFixed(2)}</Figure></TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
        <Tabs value={1}><Tab label="One" /><Tab label="Two" /></Tabs>
        <Accordion defaultExpanded><AccordionSummary>More</AccordionSummary><AccordionDetails>Details</AccordionDetails></Accordion>
        <Card variant="outlined"><CardContent>Card</CardContent><CardActions><Button size="small">Go</Button></CardActions></Card>
        <List dense><ListItem divider><ListItemText primary="First" secondary="second" /></ListItem></List>
        <Alert severity="warning">Careful</Alert>
        <LinearProgress variant="determinate" value={40} />
        <Pagination count={10} page={4} />
      </Container>
    </ThemeProvider>
  );
}
