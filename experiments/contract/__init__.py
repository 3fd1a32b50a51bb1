"""The vocabulary that webapp and experiments share; standard library, numpy and fsspec only.

`errors` says what is wrong with an input, `fields` checks what people typed, `recipes` describes what can be made,
`artifacts` holds what was made, `designs` what a human experiment must offer, `tables` the columns in which responses
travel to an analysis. `allocation` chooses the units of a session; `power` and `prediction` say what a study would show
and need before it starts.
"""
