"""The rules of the house: what CONTRIBUTING asks of the code and a machine can see."""
