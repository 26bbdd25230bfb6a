"""What is asked, without a database or a web: wording, banks of questions, the elements questions are made of."""
