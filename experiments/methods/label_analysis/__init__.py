"""What the labels of a study say: agreement of annotators with one another and with the images' making. Called by analyses."""
