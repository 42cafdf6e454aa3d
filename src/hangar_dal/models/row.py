"""What all models have in common."""

from pydantic import BaseModel, ConfigDict


class Row(BaseModel):
    """One row, or the values for one: frozen, nothing unknown accepted, and no input in the text of an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
