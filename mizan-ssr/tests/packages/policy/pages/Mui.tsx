import { Alert, Box, Button, Chip, TextField, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { EmotionStyles } from "../EmotionStyles";
import { More } from "../More";

/** Components of MUI. */
export default function Mui(): ReactNode {
  return (
    <EmotionStyles>
      <Typography variant="h4">MUI</Typography>
      <Button variant="contained" color="secondary">
        Contained
      </Button>
      <Box sx={{ padding: 3, border: "2px solid", borderColor: "error.main" }}>
        <Chip label="chip" color="success" />
      </Box>
      <More>
        <Alert severity="warning">An alert</Alert>
        <TextField label="Name" variant="outlined" />
      </More>
    </EmotionStyles>
  );
}
