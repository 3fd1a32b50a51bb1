"""What the columns of a study's responses mean, made of `contract.tables`, designs and the models: for REST, pages, archives."""
